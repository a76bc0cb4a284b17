import { Module, type DynamicModule } from '@nestjs/common';
import { ClockModule } from '#core';
import { EventsModule } from '#events';
import { EventFeed } from './event-feed.js';
import { EventStreamMetrics } from './event-stream-metrics.js';
import { EVENT_STREAM_OPTIONS, type EventStreamOptions } from './event-stream.options.js';
import { EventStreams } from './event-streams.js';
import { EventsController } from './events.controller.js';
import { ExecutionEventsController } from './execution-events.controller.js';

/** Events over HTTP, as they happen. */
@Module({})
export class EventStreamsModule {
  static forRoot(options: EventStreamOptions): DynamicModule {
    return {
      module: EventStreamsModule,
      imports: [ClockModule, EventsModule],
      controllers: [ExecutionEventsController, EventsController],
      providers: [
        { provide: EVENT_STREAM_OPTIONS, useValue: options },
        EventFeed,
        EventStreams,
        EventStreamMetrics,
      ],
    };
  }
}

import { Injectable } from '@nestjs/common';
import { MetricsService } from '#metrics';
import { EventStreams } from './event-streams.js';

/** How many streams there are, read at scrape time. */
@Injectable()
export class EventStreamMetrics {
  constructor(metrics: MetricsService, streams: EventStreams) {
    metrics.gauge({ name: 'orchestra_event_streams', help: 'Streams of events that are open.' }, () => [
      { labels: {}, value: streams.size },
    ]);
  }
}

import { Controller, Get, Headers, Inject, Param, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { WorkflowDispatcher, isFinalEvent, type ExecutionEvent } from '#dispatch';
import { toCloudEvent } from '#events';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { parseRequest } from '../problems/parse-request.js';
import { EVENT_STREAM_OPTIONS, type EventStreamOptions } from './event-stream.options.js';
import { EventStreams } from './event-streams.js';
import { streamExecutionEvents } from './events.operations.js';
import { SHUTDOWN_FRAME, eventFrame, gapFrame } from './sse-frames.js';

/** The events of one execution as server-sent events, from its log, resumable at any of them. */
@Controller('v1/executions')
export class ExecutionEventsController {
  constructor(
    private readonly dispatcher: WorkflowDispatcher,
    private readonly streams: EventStreams,
    @Inject(EVENT_STREAM_OPTIONS) private readonly options: EventStreamOptions,
  ) {}

  /** From the first event, or behind `Last-Event-ID`, to the final one; 204 behind that. */
  @Get(':id/events')
  @RequireScope('read')
  @Operation(streamExecutionEvents)
  events(
    @Param() params: unknown,
    @Query() query: unknown,
    @Headers('last-event-id') lastEventId: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parsed = parseRequest(streamExecutionEvents.request, {
      params,
      query,
      headers: { 'Last-Event-ID': lastEventId },
    });
    const after = parsed.headers['Last-Event-ID'] ?? parsed.query.lastEventId;
    return this.streams.serve(request, reply, async (signal) => {
      const events = await this.dispatcher.openEvents(parsed.params.id, { after, signal });
      return events && this.#frames(events);
    });
  }

  async *#frames(events: AsyncIterable<ExecutionEvent>): AsyncGenerator<string> {
    let isOver = false;
    for await (const event of events) {
      isOver = isFinalEvent(event.type);
      if (event.missed !== 0) yield gapFrame(event.missed);
      yield eventFrame(event.position, toCloudEvent(event.type, event.data, event, this.options.source));
    }
    // It goes on elsewhere, or is lost with this process: only asking again will tell.
    if (!isOver) yield SHUTDOWN_FRAME;
  }
}

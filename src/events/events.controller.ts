import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { parseRequest } from '../problems/parse-request.js';
import { EventFeed } from './event-feed.js';
import { EventStreams } from './event-streams.js';
import { streamEvents } from './events.operations.js';

/** What happens in this process, as server-sent events. */
@Controller('v1/events')
export class EventsController {
  constructor(
    private readonly streams: EventStreams,
    private readonly feed: EventFeed,
  ) {}

  /** From the next event on, or behind `Last-Event-ID`; what is not kept any more is told as a `gap`. */
  @Get()
  @RequireScope('read')
  @Operation(streamEvents)
  events(
    @Query() query: unknown,
    @Headers('last-event-id') lastEventId: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parsed = parseRequest(streamEvents.request, { query, headers: { 'Last-Event-ID': lastEventId } });
    const { lastEventId: fromQuery, ...filter } = parsed.query;
    const after = parsed.headers['Last-Event-ID'] ?? fromQuery;
    return this.streams.serve(request, reply, async (signal) => this.feed.follow({ after, filter, signal }));
  }
}

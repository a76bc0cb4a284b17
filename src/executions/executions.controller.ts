import { Body, Controller, Get, Headers, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { readTraceparent, type Page } from '#core';
import { WorkflowDispatcher, type Execution, type ExecutionSummary } from '#dispatch';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { clientGoneSignal } from '../problems/client-gone.error.js';
import { parseParts, parseRequest } from '../problems/parse-request.js';
import {
  cancelExecution,
  getExecution,
  listExecutions,
  retryExecution,
  submitExecution,
} from './executions.operations.js';
import type { AcceptedExecution } from './executions.schemas.js';
import { answerSubmit, refusedSubmit } from './submit-execution.js';

/** Executions over REST: submit, read, list, cancel, retry. */
@Controller('v1/executions')
export class ExecutionsController {
  constructor(private readonly dispatcher: WorkflowDispatcher) {}

  /** 202; with `waitMs`, 200 and the whole execution if it finished in time. */
  @Post()
  @HttpCode(202)
  @RequireScope('execute')
  @Operation(submitExecution)
  async submit(
    @Body() body: unknown,
    @Query() query: unknown,
    @Headers('idempotency-key') key: unknown,
    @Headers('traceparent') trace: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedExecution | Execution> {
    const parsed = parseParts(submitExecution.request, {
      query,
      headers: { 'Idempotency-Key': key, traceparent: trace },
      body,
    });
    if (parsed.problems !== undefined) throw await refusedSubmit(this.dispatcher, parsed.problems, body);
    const { waitMs } = parsed.parts.query;
    const signal = waitMs === undefined ? undefined : clientGoneSignal(reply);
    const { workflow, input, priority, timeoutMs } = parsed.parts.body;
    const { 'Idempotency-Key': idempotencyKey } = parsed.parts.headers;
    const traceparent = readTraceparent(trace);
    const answer = await answerSubmit(
      this.dispatcher,
      workflow,
      { input, priority, timeoutMs, idempotencyKey, traceparent },
      { waitMs, signal },
    );
    void reply.header('location', locationOf(answer.executionId));
    if ('steps' in answer) void reply.code(200);
    return answer;
  }

  @Get()
  @RequireScope('read')
  @Operation(listExecutions)
  list(@Query() query: unknown): Promise<Page<ExecutionSummary>> {
    return this.dispatcher.list(parseRequest(listExecutions.request, { query }).query);
  }

  /** With `waitMs`, as soon as it has finished or the wait is over. */
  @Get(':id')
  @RequireScope('read')
  @Operation(getExecution)
  get(
    @Param() params: unknown,
    @Query() query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Execution> {
    const parsed = parseRequest(getExecution.request, { params, query });
    const { id } = parsed.params;
    const { waitMs } = parsed.query;
    if (waitMs === undefined) return this.dispatcher.get(id);
    return this.dispatcher.wait(id, { waitMs, signal: clientGoneSignal(reply) });
  }

  @Post(':id/cancel')
  @HttpCode(202)
  @RequireScope('execute')
  @Operation(cancelExecution)
  cancel(
    @Param() params: unknown,
    @Query() query: unknown,
    @Body() body: unknown,
  ): Promise<ExecutionSummary> {
    const parsed = parseRequest(cancelExecution.request, { params, query, body });
    return this.dispatcher.cancel(parsed.params.id, parsed.body?.reason);
  }

  @Post(':id/retry')
  @HttpCode(202)
  @RequireScope('execute')
  @Operation(retryExecution)
  async retry(
    @Param() params: unknown,
    @Query() query: unknown,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AcceptedExecution> {
    const parsed = parseRequest(retryExecution.request, { params, query, body });
    const { executionId } = await this.dispatcher.retry(parsed.params.id);
    void reply.header('location', locationOf(executionId));
    return { executionId, status: 'pending' };
  }
}

function locationOf(executionId: string): string {
  return `/v1/executions/${encodeURIComponent(executionId)}`;
}

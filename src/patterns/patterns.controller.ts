import { Controller, UseFilters, UseGuards } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { MAX_DELAY_MS } from '#core';
import { WorkflowDispatcher, type Execution, type ExecutionSummary } from '#dispatch';
import { RequireScope } from '../auth/scope.decorators.js';
import type { AcceptedExecution } from '../executions/executions.schemas.js';
import { answerSubmit, refusedSubmit } from '../executions/submit-execution.js';
import { parseParts, parseRequest } from '../problems/parse-request.js';
import { PatternAuthGuard } from './pattern-auth.guard.js';
import { PatternContext } from './pattern-context.js';
import { PatternErrorFilter } from './pattern-error.filter.js';
import { PatternError } from './patterns.errors.js';
import { cancelPayloadSchema, getPayloadSchema, submitPayloadSchema } from './patterns.schemas.js';

/** Executions over message patterns: the commands of REST, with payloads for bodies, queries and headers. */
@Controller()
@UseGuards(PatternAuthGuard)
@UseFilters(PatternErrorFilter)
export class PatternsController {
  constructor(private readonly dispatcher: WorkflowDispatcher) {}

  /** With `waitMs`, the whole execution if it finished in time. `deadlineMs` bounds the wait and the execution. */
  @MessagePattern('orchestra.execution.submit')
  @RequireScope('execute')
  async submit(
    @Payload() payload: unknown,
    @Ctx() { signal }: PatternContext,
  ): Promise<AcceptedExecution | Execution> {
    const parsed = parseParts({ payload: submitPayloadSchema }, { payload });
    if (parsed.problems !== undefined) throw await refusedSubmit(this.dispatcher, parsed.problems, payload);
    const { workflow, waitMs, ...rest } = parsed.parts.payload;
    const { input, priority, timeoutMs, idempotencyKey, traceparent } = rest;
    const leftMs = checkDeadline(rest.deadlineMs);
    return answerSubmit(
      this.dispatcher,
      workflow,
      { input, priority, timeoutMs, idempotencyKey, traceparent, deadlineMs: leftMs },
      { waitMs: bounded(waitMs, leftMs), signal },
    );
  }

  /** With `waitMs`, as soon as it has finished or the wait, or the caller's, is over. */
  @MessagePattern('orchestra.execution.get')
  @RequireScope('read')
  get(@Payload() payload: unknown, @Ctx() { signal }: PatternContext): Promise<Execution> {
    const { executionId, waitMs, deadlineMs } = parseRequest(
      { payload: getPayloadSchema },
      { payload },
    ).payload;
    const leftMs = checkDeadline(deadlineMs);
    if (waitMs === undefined) return this.dispatcher.get(executionId);
    return this.dispatcher.wait(executionId, { waitMs: bounded(waitMs, leftMs), signal });
  }

  @MessagePattern('orchestra.execution.cancel')
  @RequireScope('execute')
  cancel(@Payload() payload: unknown): Promise<ExecutionSummary> {
    const { executionId, reason, deadlineMs } = parseRequest(
      { payload: cancelPayloadSchema },
      { payload },
    ).payload;
    checkDeadline(deadlineMs);
    return this.dispatcher.cancel(executionId, reason);
  }
}

/** What is left, within what a timer can hold. @throws {PatternError} `DEADLINE_EXCEEDED` when nothing is. */
function checkDeadline(deadlineMs: number | undefined): number | undefined {
  if (deadlineMs === undefined) return undefined;
  if (deadlineMs > 0) return Math.min(deadlineMs, MAX_DELAY_MS);
  throw new PatternError('DEADLINE_EXCEEDED', 'the deadline of the caller has passed: nothing was done');
}

function bounded(waitMs: number | undefined, leftMs = MAX_DELAY_MS): number | undefined {
  return waitMs === undefined ? undefined : Math.min(waitMs, leftMs);
}

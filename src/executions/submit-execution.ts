import { ValidationError, isPlainObject, type Problem } from '#core';
import {
  isFinished,
  type Execution,
  type SubmitOptions,
  type WaitOptions,
  type WorkflowDispatcher,
} from '#dispatch';
import type { AcceptedExecution } from './executions.schemas.js';

/** What every door does with a submit that it has parsed: with `waitMs`, the whole execution if it finished in time. */
export async function answerSubmit(
  dispatcher: WorkflowDispatcher,
  workflow: unknown,
  options: SubmitOptions,
  { waitMs, signal }: WaitOptions,
): Promise<AcceptedExecution | Execution> {
  const { executionId } = await dispatcher.submit(workflow, options);
  if (waitMs !== undefined) {
    const execution = await dispatcher.wait(executionId, { waitMs, signal });
    return isFinished(execution.status) ? execution : { executionId, status: execution.status };
  }
  // Only a repeat can be anything else by now.
  const isNew = options.idempotencyKey === undefined;
  return { executionId, status: isNew ? 'pending' : (await dispatcher.get(executionId)).status };
}

/** The error of a submit that is refused for its shape, with what is wrong with its workflow as well. */
export async function refusedSubmit(
  dispatcher: WorkflowDispatcher,
  problems: readonly Problem[],
  body: unknown,
): Promise<ValidationError> {
  const ofWorkflow = isPlainObject(body) ? await dispatcher.validate(body.workflow) : [];
  return new ValidationError('the request', [...problems, ...ofWorkflow]);
}

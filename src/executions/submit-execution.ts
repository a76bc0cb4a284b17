import { ValidationError, isPlainObject, jsonProblems, type JsonValue, type Problem } from '#core';
import {
  isFinished,
  type Execution,
  type SubmitOptions,
  type WaitOptions,
  type WorkflowDispatcher,
} from '#dispatch';
import type { AcceptedExecution } from './executions.schemas.js';

/** What goes with a workflow at a door; the input is the dispatcher's to check. */
type SubmittedOptions = Omit<SubmitOptions, 'input'> & { input?: unknown };

/** What every door does with a submit that it has parsed: with `waitMs`, the whole execution if it finished in time. */
export async function answerSubmit(
  dispatcher: WorkflowDispatcher,
  workflow: unknown,
  options: SubmittedOptions,
  { waitMs, signal }: WaitOptions,
): Promise<AcceptedExecution | Execution> {
  const { executionId } = await dispatcher.submit(workflow, given(options));
  if (waitMs !== undefined) {
    const execution = await dispatcher.wait(executionId, { waitMs, signal });
    return isFinished(execution.status) ? execution : { executionId, status: execution.status };
  }
  // Only a repeat can be anything else by now.
  const isNew = options.idempotencyKey === undefined;
  return { executionId, status: isNew ? 'pending' : (await dispatcher.get(executionId)).status };
}

/** Most submits have an input and nothing else: so the dispatcher sees at a glance that there is nothing more to parse. */
function given(options: SubmittedOptions): SubmitOptions {
  const { priority, timeoutMs, deadlineMs, idempotencyKey, traceparent } = options;
  const input = options.input as JsonValue | undefined;
  const isAlone =
    priority === undefined &&
    timeoutMs === undefined &&
    deadlineMs === undefined &&
    idempotencyKey === undefined &&
    traceparent === undefined;
  return isAlone ? { input } : { input, priority, timeoutMs, deadlineMs, idempotencyKey, traceparent };
}

/** The error of a submit that is refused for its shape, with what is wrong with its workflow and its input as well. */
export async function refusedSubmit(
  dispatcher: WorkflowDispatcher,
  problems: readonly Problem[],
  body: unknown,
): Promise<ValidationError> {
  const ofContent = isPlainObject(body) ? await contentProblems(dispatcher, body) : [];
  return new ValidationError('the request', [...problems, ...ofContent]);
}

/** The problems of what `submitBodySchema` leaves to the dispatcher. */
export async function contentProblems(
  dispatcher: WorkflowDispatcher,
  { workflow, input }: Readonly<Record<string, unknown>>,
): Promise<readonly Problem[]> {
  const ofInput = input === undefined ? [] : jsonProblems(input, ['input']);
  return [...ofInput, ...(await dispatcher.validate(workflow))];
}

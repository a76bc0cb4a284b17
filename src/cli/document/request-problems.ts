import { parseShape, type Problem } from '#core';
import type { WorkflowDispatcher } from '#dispatch';
import { submitBodySchema } from '../../executions/executions.schemas.js';
import { contentProblems } from '../../executions/submit-execution.js';

/** Everything that would keep the request from being accepted; paths are those of the request. */
export async function requestProblems(
  dispatcher: WorkflowDispatcher,
  body: Readonly<Record<string, unknown>>,
): Promise<readonly Problem[]> {
  const parsed = parseShape(submitBodySchema, body);
  return [...('problems' in parsed ? parsed.problems : []), ...(await contentProblems(dispatcher, body))];
}

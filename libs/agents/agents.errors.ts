import { OrchestraError } from '#core/plain';

/**
 * - `AGENT_UNREACHABLE`: no connection, or no process, could be had; the task never began. Retryable.
 * - `AGENT_LOST`: the connection or the process ended under the task, half an answer included; it may have run.
 *   So it is of a thread that its module or another task's abort ended. Retryable.
 * - `AGENT_HTTP_ERROR`: an HTTP status other than 2xx: `details.status`, and `details.retryAfterMs` if the agent named a
 *   time. 408, 425, 429 and 5xx are retryable, other 4xx and redirects are not.
 * - `AGENT_INPUT_INVALID`: the step's input is not what this kind of agent takes: `details.problems`.
 * - `AGENT_INVALID_OUTPUT`: the answer is complete and is not a JSON value: an HTML page, broken text, a Date.
 * - `AGENT_OUTPUT_TOO_LARGE`: the output is over `maxOutputBytes`; reading stopped there.
 * - `AGENT_TOOL_ERROR`: the MCP server answered that the tool failed, or that there is none of that name.
 * - `AGENT_MODULE_INVALID`: the module cannot be loaded or exports no function.
 * - `AGENT_OUT_OF_MEMORY`: the heap of the agent's thread went over its `resourceLimits` and the thread was ended. Which of
 *   its tasks filled it, or whether earlier ones did, nobody knows. Retryable: the next attempt has an empty heap.
 * - `AGENT_CRASHED`: an exception that nobody caught, in a timer for instance, ended the agent's thread. Retryable.
 *
 * There is no code for a timeout: a step's timeout aborts the task's signal, and an agent rejects with its reason.
 */
export type AgentErrorCode =
  | 'AGENT_UNREACHABLE'
  | 'AGENT_LOST'
  | 'AGENT_HTTP_ERROR'
  | 'AGENT_INPUT_INVALID'
  | 'AGENT_INVALID_OUTPUT'
  | 'AGENT_OUTPUT_TOO_LARGE'
  | 'AGENT_TOOL_ERROR'
  | 'AGENT_MODULE_INVALID'
  | 'AGENT_OUT_OF_MEMORY'
  | 'AGENT_CRASHED';

export class AgentError extends OrchestraError<AgentErrorCode> {}

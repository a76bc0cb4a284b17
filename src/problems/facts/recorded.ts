import type { ErrorFacts } from './error-facts.js';

/** The codes in the `error` of an execution, a step or an agent. */
export const RECORDED: Readonly<Record<string, ErrorFacts & Required<Pick<ErrorFacts, 'retryable'>>>> = {
  AGENT_ERROR: {
    retryable: 'it depends',
    cause: 'The agent threw an error without a code of its own. Retryable unless it says `retryable: false`.',
    remedy: 'Read the message: it is the agent’s.',
  },
  AGENT_UNREACHABLE: {
    retryable: 'yes',
    cause: 'No connection to the agent, or no process or thread of it, could be had; the task never began.',
    remedy: 'See that the agent runs where the configuration says.',
  },
  AGENT_LOST: {
    retryable: 'yes',
    cause:
      'The connection, the process or the thread ended under the task, which may have run. A thread is ended for all its ' +
      'tasks when one of them goes on for `abortGraceMs` after its abort. Or the agent failed its pings, or said that it is ' +
      'gone, and its pool made another in its place.',
    remedy:
      'Look at the agent’s own log, and at `agent.failed` for why it was lost; let the tasks of a thread end when their ' +
      'signal aborts.',
  },
  AGENT_UNHEALTHY: {
    retryable: 'yes',
    cause:
      'The agent failed its pings, the latest one with an error without a code of its own; or so did the first one of an ' +
      'agent that was made after that.',
    remedy: 'Read the message: it is the agent’s. `health` of the pool says how often it may fail.',
  },
  AGENT_OUT_OF_MEMORY: {
    retryable: 'yes',
    cause:
      'The heap of the agent’s thread was full, and the thread was ended with all its tasks. The next attempt has an empty heap.',
    remedy: 'Raise `resourceLimits` of the pool, run fewer tasks at once on a thread, or mend a leak.',
  },
  AGENT_CRASHED: {
    retryable: 'yes',
    cause:
      'An exception that nobody caught, in a timer for instance, ended the agent’s thread and all its tasks.',
    remedy: 'Mend the agent; the message is that of the exception.',
  },
  AGENT_HTTP_ERROR: {
    retryable: 'it depends',
    cause:
      'The agent answered with another status than 2xx: `details.status`. 408, 425, 429 and 5xx are retryable.',
    remedy: 'Look at the agent’s own log.',
  },
  AGENT_INPUT_INVALID: {
    retryable: 'no',
    cause: 'The input of the step is not what this kind of agent takes: `details.problems`.',
    remedy: 'Mend the `input` of the step.',
  },
  AGENT_INVALID_OUTPUT: {
    retryable: 'no',
    cause: 'The answer of the agent is complete and not JSON, or not MCP.',
    remedy: 'Mend the agent; `details` shows the beginning of its answer.',
  },
  AGENT_OUTPUT_TOO_LARGE: {
    retryable: 'no',
    cause: 'The output is larger than `maxOutputBytes`.',
    remedy: 'Raise the limit of the pool, or let the agent answer with a reference.',
  },
  AGENT_TOOL_ERROR: {
    retryable: 'it depends',
    cause: 'The MCP server answered that the tool failed, or that there is none of that name.',
    remedy: 'Read the message: it is the tool’s.',
  },
  AGENT_MODULE_INVALID: {
    retryable: 'no',
    cause: 'The module of a pool cannot be loaded, or exports no function.',
    remedy:
      'Mend the module; `GET /v1/agents` shows it until the agent is there. A module of the kind `function` that threw ' +
      'while it was imported is only read again by a new process: restart the service.',
  },
  AGENT_CREATE_FAILED: {
    retryable: 'yes',
    cause:
      'An agent could not be made, for a reason without a code of its own. It is tried again with back-off.',
    remedy: 'Read the message in `GET /v1/agents`.',
  },
  PEER_MISSING: {
    retryable: 'no',
    cause: 'An optional package that this use needs is not installed: `details.packages`.',
    remedy: 'Install it, in a version that `peerDependencies` of the package allows.',
  },
  EXPRESSION_FAILED: {
    retryable: 'no',
    cause:
      'An expression failed, gave nothing, or took longer than `dispatch.expressionTimeoutMs`: `details.expression`.',
    remedy: 'Mend the expression, or the output that it reads.',
  },
  STEP_TIMEOUT: {
    retryable: 'yes',
    cause: 'An attempt took longer than the `timeoutMs` of the step.',
    remedy: 'Give the step more time or attempts.',
  },
  STEP_OUTPUT_INVALID: {
    retryable: 'no',
    cause: 'The agent gave something that JSON cannot hold.',
    remedy: 'Mend the agent.',
  },
  EXECUTION_TIMEOUT: {
    retryable: 'no',
    cause: 'The execution took longer than its `timeoutMs`.',
    remedy: 'Give it more time; `POST /v1/executions/{id}/retry` goes on from where it was.',
  },
  EXECUTION_CANCELLED: {
    retryable: 'no',
    cause: 'The execution was cancelled; the message gives the reason.',
    remedy: '`POST /v1/executions/{id}/retry` goes on from where it was.',
  },
  POISONED: {
    retryable: 'no',
    cause:
      '`dispatch.maxRecoveries` workers in a row were lost while they ran the execution, so it is taken for what ended them.',
    remedy:
      'See why they ended (memory, `process.exit`, a blocked event loop longer than `dispatch.lockDurationMs`); a retry of ' +
      'the execution goes on from where it was.',
  },
  CANCELLED: {
    retryable: 'no',
    cause: 'The step was in flight when its execution was cancelled, or failed in another step.',
    remedy: 'Look at the error of the execution.',
  },
  TIMEOUT: {
    retryable: 'no',
    cause:
      'The step was in flight when the time of its execution was over, or an agent took too long to be made.',
    remedy: 'Look at the error of the execution, or at `createTimeoutMs` of the pool.',
  },
  SHUTDOWN: {
    retryable: 'no',
    cause: 'The work was in flight when the process ended.',
    remedy: 'A worker that takes the execution up again runs the step again.',
  },
  LEASE_LOST: {
    retryable: 'it depends',
    cause: 'The worker lost its execution to another one, or the store refused its results.',
    remedy: 'Nothing: whoever has the execution now brings it to its end.',
  },
  CAPABILITY_UNKNOWN: {
    retryable: 'no',
    cause: 'The pool that the step names has gone since the workflow was accepted.',
    remedy: 'Put it back into the configuration, then retry the execution.',
  },
  TOO_MANY_WAITERS: {
    retryable: 'yes',
    cause: '`maxWaiters` leases of the pool are waiting already.',
    remedy: 'Give the pool more agents, or run fewer executions at once.',
  },
  POOL_UNAVAILABLE: {
    retryable: 'yes',
    cause:
      'The agents of the pool fail too often and its breaker is open, or none of them can be made: `details.reason`. ' +
      'No attempt was made; the next one waits for `details.retryAfterMs` at least.',
    remedy:
      'Look at the agents’ own log and at `GET /v1/agents`; give the step more attempts to outlast a short outage.',
  },
  POOL_CLOSED: {
    retryable: 'no',
    cause: 'The pool closed before the step got an agent.',
    remedy: 'Retry the execution once the service runs again.',
  },
  INTERNAL_ERROR: {
    retryable: 'no',
    cause: 'The execution could not be run, for a reason outside its workflow.',
    remedy: 'Look for its id in the log of the service.',
  },
};

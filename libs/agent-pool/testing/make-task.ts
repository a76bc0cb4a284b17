import type { AgentContext, AgentTask } from '../ports/agent.js';

/** What a test gives an agent to do when it does not matter what. */
export const task: AgentTask = {
  executionId: 'e',
  stepId: 's',
  attempt: 1,
  capability: 'work',
  input: null,
};

export const context: AgentContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'e:s',
  deadline: null,
  traceparent: null,
  progress: () => undefined,
};

import { messageOf, OrchestraError, type ErrorRecord } from '#core';
import { AgentError } from '../agents.errors.js';

/** What was thrown in the thread: what is left of it is its record. */
export class ThreadTaskError extends OrchestraError {
  constructor({ code, message, retryable, details }: ErrorRecord) {
    super(code, message, { retryable, details });
  }
}

/** What nobody caught in the thread, or its heap at its limit; the thread ends by it. */
export function crash(error: unknown): AgentError {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new AgentError('AGENT_OUT_OF_MEMORY', "the heap of the agent's thread was full", {
        retryable: true,
        cause: error,
      })
    : new AgentError('AGENT_CRASHED', `an error was not caught in the agent's thread: ${messageOf(error)}`, {
        retryable: true,
        cause: error,
      });
}

/** The thread ended, or was ended, under its tasks. */
export function threadLost(message: string, details: Record<string, unknown> = {}): AgentError {
  return new AgentError('AGENT_LOST', message, { retryable: true, details });
}

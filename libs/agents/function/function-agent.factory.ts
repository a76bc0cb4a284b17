import { AgentFactory, CallableAgent, type Agent, type AgentCallable } from '#agent-pool';
import { parseOptions } from '#core';
import { checkOutput } from '../output/check-output.js';
import { functionAgentOptionsSchema, type FunctionAgentOptions } from './function-agent-options.js';

/**
 * Agents that are one function of this process. Every agent of the pool calls the same function; how many calls there
 * are at once is the pool's size times its `concurrencyPerAgent`.
 */
export class FunctionAgentFactory extends AgentFactory {
  readonly kind = 'function';
  readonly #callable: AgentCallable;
  readonly #maxOutputBytes: number;

  /**
   * @param callable what a task runs; it returns (a promise of) a JSON value, or nothing.
   * @throws {ValidationError} on bad options.
   */
  constructor(callable: AgentCallable, options: FunctionAgentOptions = {}) {
    super();
    this.#callable = callable;
    this.#maxOutputBytes = parseOptions(
      functionAgentOptionsSchema,
      options,
      'function agent options',
    ).maxOutputBytes;
  }

  async create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    return new CallableAgent(checked(this.#callable, this.#maxOutputBytes));
  }
}

/** `callable`, with its output checked; what answers at once is not kept waiting for a promise. */
export function checked(callable: AgentCallable, maxOutputBytes: number): AgentCallable {
  return (task, context) => {
    const output = callable(task, context);
    if (!isThenable(output)) return checkOutput(output, maxOutputBytes);
    return Promise.resolve(output).then((value) => checkOutput(value, maxOutputBytes));
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

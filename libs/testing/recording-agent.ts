import { z } from 'zod';
import {
  AgentFactory,
  CallableAgent,
  poolOptionsSchema,
  type Agent,
  type AgentCallable,
  type AgentContext,
  type AgentTask,
  type PoolDefinition,
  type PoolOptions,
} from '#agent-pool';
import { parseOptions, type JsonValue } from '#core';
import { RecordedCall } from './recorded-call.js';
import { TestingError } from './testing.errors.js';
import { Waits, type WaitLimit } from './waits.js';

/** Calls that one double records; the next one fails. */
export const MAX_RECORDED_CALLS = 10_000;

/** What a double does with every call. */
export type RecordingAgentBehaviour =
  /** Answers with a value, or with what a function makes of the task. */
  | { reply: JsonValue | AgentCallable }
  /** Throws it; `retryable: false` on it ends the retries. */
  | { error: Error }
  /** Waits for `release` or `fail`, or for the abort of its signal. */
  | { hang: true };

/** The options of the double's pool, and one behaviour. */
export type RecordingAgentOptions = PoolOptions & RecordingAgentBehaviour;

const recordingAgentOptionsSchema = poolOptionsSchema
  .extend({
    reply: z.unknown().optional(),
    error: z.instanceof(Error).optional(),
    hang: z.literal(true).optional(),
  })
  .refine((options) => ['reply', 'error', 'hang'].filter((key) => Object.hasOwn(options, key)).length === 1, {
    message: 'must have one of reply, error and hang',
  });

/** A pool of agents that record what they are asked; made by {@link recordingAgent}. */
export class RecordingAgent extends AgentFactory {
  readonly kind = 'recording';
  /** For `pools` of a module's options. */
  readonly pool: PoolDefinition;
  readonly #behaviour: { reply?: unknown; error?: Error; hang?: true };
  readonly #calls: RecordedCall[] = [];
  readonly #waits = new Waits();

  constructor(options: RecordingAgentOptions) {
    super();
    const { reply, error, hang, ...pool } = parseOptions(
      recordingAgentOptionsSchema,
      options,
      'recording agent options',
    );
    this.#behaviour = { reply, error, hang };
    this.pool = { ...pool, factory: this };
  }

  /** Every call so far, in the order in which they began. */
  get calls(): readonly RecordedCall[] {
    return this.#calls;
  }

  /**
   * A call as soon as it has begun.
   * @param place 1-based, in the order in which they begin. Default: the first.
   * @throws {TestingError} `WAIT_TIMEOUT`.
   */
  call(place = 1, limit?: WaitLimit): Promise<RecordedCall> {
    const missing = (): string => {
      const steps = this.#calls.map(({ task }) => `"${task.stepId}" (attempt ${task.attempt})`);
      const seen = steps.length === 0 ? 'none' : steps.slice(-10).join(', ');
      return `call ${place} of "${this.pool.capability}". Seen: ${seen}`;
    };
    return this.#waits.until(() => this.#calls[place - 1], missing, limit);
  }

  /** Ends every call that hangs now, with that output. */
  release(output: unknown = null): void {
    for (const call of this.#calls) if (call.hangs) call.release(output);
  }

  create(signal: AbortSignal): Promise<Agent> {
    signal.throwIfAborted();
    return Promise.resolve(new CallableAgent((task, context) => this.#execute(task, context)));
  }

  #execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    if (this.#calls.length >= MAX_RECORDED_CALLS) {
      throw new TestingError(
        'TOO_MANY_CALLS',
        `more than ${MAX_RECORDED_CALLS} calls of "${task.capability}"`,
      );
    }
    const { reply, error, hang } = this.#behaviour;
    const call = new RecordedCall(task, context);
    const running = call.run(
      hang === true
        ? 'hang'
        : () => {
            if (error !== undefined) throw error;
            return typeof reply === 'function' ? (reply as AgentCallable)(task, context) : reply;
          },
    );
    this.#calls.push(call);
    this.#waits.changed();
    return running;
  }
}

/**
 * A double of an agent that records its calls, for `createTestOrchestra` or the `pools` of any module.
 *
 * @example
 * ```ts
 * const greet = recordingAgent({ capability: 'greet', reply: ({ input }) => `Hello, ${input}` });
 * const down = recordingAgent({ capability: 'mail', error: new Error('no route to host') });
 * const slow = recordingAgent({ capability: 'think', concurrencyPerAgent: 4, hang: true });
 *
 * const call = await slow.call(); // once it has begun
 * call.release({ thought: 42 });
 * greet.calls[0]?.task.input; // what it was asked
 * ```
 * @throws {ValidationError} listing every bad option.
 */
export function recordingAgent(options: RecordingAgentOptions): RecordingAgent {
  return new RecordingAgent(options);
}

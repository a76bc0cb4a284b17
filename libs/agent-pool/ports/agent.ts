import 'reflect-metadata';
import type { JsonValue } from '#core';
import type { PoolOptions } from '../pool-options.js';

/** One attempt of one step, as an agent gets it. */
export interface AgentTask {
  executionId: string;
  stepId: string;
  /** 1-based. */
  attempt: number;
  capability: string;
  /** The same for every attempt, so it is frozen in this process: make a copy to change it. */
  input: JsonValue;
}

export interface AgentProgress {
  progress: number;
  total?: number;
  message?: string;
}

export interface AgentContext {
  /** Aborts when the attempt must stop; its reason is an `AbortedError`. An agent that ignores it is replaced. */
  signal: AbortSignal;
  /** `executionId:stepId`: the same for every attempt, to pass on to whatever must not happen twice. */
  idempotencyKey: string;
  /** ISO 8601; null when nothing bounds the attempt. */
  deadline: string | null;
  /** The trace that the execution belongs to, a W3C `traceparent` to pass on; null when it came with none. */
  traceparent: string | null;
  /** Reports on the task under way; a report after its end is dropped. */
  progress(report: AgentProgress): void;
}

/** What an agent uses up, as far as it knows. */
export interface AgentResources {
  /**
   * How much of its time its event loop was busy lately, 0..1: over the last 5 s at least, once it is that old. It goes
   * on counting while a task blocks the loop.
   */
  eventLoopUtilization: number | null;
  /** As of its last answer to a task or a ping. */
  heapUsedBytes: number | null;
  heapLimitBytes: number | null;
  /**
   * CPU time that its thread has used since it began, ms, as of the same answer; null where Node tells only that of the
   * whole process: before 22.15, and 23.0 to 23.8.
   */
  cpuTimeMs: number | null;
}

/** A worker instance. Its tasks may run at once, up to its pool's `concurrencyPerAgent`. */
export interface Agent {
  /**
   * Runs one task. What it resolves to must be JSON.
   * @throws anything; `retryable: false` on the error ends the retries, and after an {AgentGoneError} the agent is replaced.
   */
  execute(task: AgentTask, context: AgentContext): Promise<unknown>;

  /**
   * Resolves when the agent is able to work, idle or busy. @throws otherwise, or the signal's reason.
   *
   * It is asked while tasks are under way too, and an agent that fails it too often is lost with them. So one that cannot
   * answer while it works, because its tasks block what would answer, resolves as long as it has reason to think that
   * it works: those tasks are bounded by their own timeouts.
   */
  ping(signal: AbortSignal): Promise<void>;

  /** Whether its ping says anything; an agent of which that is false is never asked. Default true. */
  readonly pingable?: boolean;

  /** What it uses up by itself, for agents that have a thread; read often, so it asks nobody. Null when it cannot tell. */
  resources?(): AgentResources | null;

  /** Frees everything the agent holds; called once, tasks may still be under way when the agent was given up. */
  dispose(): Promise<void>;
}

/** What `@Agent()` stands on: a provider with `execute`; without `ping` it counts as able, without `dispose` as free of holdings. */
export type AgentProvider = Pick<Agent, 'execute'> & Partial<Agent>;

export const AGENT_OPTIONS = Symbol('nest-orchestra.agent');

/**
 * Makes a Nest provider a pool: every agent of the pool runs its tasks on the one provider instance.
 *
 * @example
 * ```ts
 * @Agent({ capability: 'greet', size: { min: 2 } })
 * class Greeter {
 *   async execute({ input }: AgentTask) {
 *     return { greeting: `Hello, ${(input as { name: string }).name}` };
 *   }
 * }
 * ```
 * @throws {ValidationError} at start, listing every bad option.
 */
export function Agent(
  options: PoolOptions,
): <C extends abstract new (...args: never[]) => AgentProvider>(target: C) => void {
  return (target) => Reflect.defineMetadata(AGENT_OPTIONS, options, target);
}

/** Makes the agents of one pool. */
export abstract class AgentFactory {
  /** What kind of agent it makes: `function`, `http`, `mcp`, ... */
  abstract readonly kind: string;

  /** A ready agent. @throws when it could not be made, or the signal's reason; nothing is left behind then. */
  abstract create(signal: AbortSignal): Promise<Agent>;

  /** Frees what its agents share; called once, when the pool is closed and they are disposed of. */
  close?(): Promise<void>;
}

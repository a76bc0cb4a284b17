import {
  AbortedError,
  Deadline,
  backoffDelayMs,
  toErrorRecord,
  untilAborted,
  type Clock,
  type Timer,
} from '#core';
import type { OrchestraEvents } from '#events';
import type { Agent, AgentFactory } from './ports/agent.js';
import { disposeAgent, settleInTime } from './dispose-agent.js';
import type { PooledAgent } from './pooled-agent.js';

/** The waits between failing creates: full jitter below 500 ms, 1 s, 2 s, ... 30 s. */
export const CREATE_BACKOFF = Object.freeze({ baseDelayMs: 500, maxDelayMs: 30_000, multiplier: 2 });

export interface ProvisionerOptions {
  clock: Clock;
  events: OrchestraEvents;
  factory: AgentFactory;
  createTimeoutMs: number;
  /** Told once, when the agent is there and its slots are free. */
  onReady: (pooled: PooledAgent) => void;
}

/**
 * Makes one agent, trying again until it is there or nobody wants it any more.
 * A create that comes to an end after it was given up is disposed of.
 */
export class Provisioner {
  readonly #pooled: PooledAgent;
  readonly #options: ProvisionerOptions;
  #deadline: Deadline | undefined;
  #retry: Timer | undefined;
  #attempt: Promise<void> | undefined;
  /** The end of a create that was under way at `stop`. */
  #discarded: Promise<void> | undefined;
  #stopped = false;

  constructor(pooled: PooledAgent, options: ProvisionerOptions) {
    this.#pooled = pooled;
    this.#options = options;
  }

  /** Resolves when the first attempt has ended, well or not. */
  start(): Promise<void> {
    this.#attempt = this.#create();
    return this.#attempt;
  }

  /** Aborts the create under way and waits for its end (bounded); none follows. */
  async stop(): Promise<void> {
    const { capability } = this.#pooled;
    this.#stopped = true;
    this.#retry?.cancel();
    this.#deadline?.abort(new AbortedError('shutdown', `an agent of "${capability}" is not wanted any more`));
    await this.#attempt;
    const { clock } = this.#options;
    const discarded = this.#discarded;
    if (discarded === undefined) return;
    await settleInTime(() => discarded, clock, `aborting the create of an agent of "${capability}"`);
  }

  async #create(): Promise<void> {
    const { clock, createTimeoutMs } = this.#options;
    const { capability } = this.#pooled;
    const startedAtMs = clock.monotonic();
    const what = `creating an agent of "${capability}"`;
    const deadline = new Deadline({ clock, timeoutMs: createTimeoutMs, what });
    this.#deadline = deadline;
    this.#pooled.createBegun();
    const making = this.#make(deadline.signal);
    let agent: Agent;
    try {
      agent = await untilAborted(making, deadline.signal);
    } catch (error) {
      const discarded = making.then(
        (late) => disposeAgent(late, clock, capability),
        () => undefined,
      );
      if (this.#stopped) this.#discarded = discarded;
      else this.#failed(error);
      return;
    } finally {
      deadline.dispose();
      this.#deadline = undefined;
    }
    if (this.#stopped) this.#discarded = disposeAgent(agent, clock, capability);
    else this.#ready(agent, clock.monotonic() - startedAtMs);
  }

  /** Async, so that a factory that throws at once is no different. */
  async #make(signal: AbortSignal): Promise<Agent> {
    return await this.#options.factory.create(signal);
  }

  #ready(agent: Agent, durationMs: number): void {
    const { clock, events, onReady } = this.#options;
    const { agentId, capability, createsBegun: attempts } = this.#pooled;
    this.#pooled.ready(agent, clock.timestamp());
    onReady(this.#pooled);
    events.publish('agent.started', { agentId, capability, durationMs });
    if (attempts > 1) events.publish('agent.recovered', { agentId, capability, attempts });
  }

  #failed(cause: unknown): void {
    const { clock, events } = this.#options;
    const { agentId, capability, createsBegun } = this.#pooled;
    const error = toErrorRecord(cause, 'AGENT_CREATE_FAILED');
    const retryInMs = backoffDelayMs(CREATE_BACKOFF, createsBegun);
    this.#pooled.createFailed(error);
    this.#retry = clock.setTimer(() => {
      this.#attempt = this.#create();
    }, retryInMs);
    events.publish('agent.failed', { agentId, capability, reason: 'create', error, retryInMs });
  }
}

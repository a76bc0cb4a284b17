import {
  AbortedError,
  Deadline,
  toErrorRecord,
  untilAborted,
  type Clock,
  type ErrorRecord,
  type Timer,
} from '#core';
import type { OrchestraEvents } from '#events';
import type { Agent, AgentFactory } from './ports/agent.js';
import { nextCreate, type NextCreate } from './health/next-create.js';
import { publishFailure } from './health/publish-failure.js';
import type { RestartOptions } from './health/restart-options.js';
import { disposeAgent, settleInTime } from './dispose-agent.js';
import type { PooledAgent } from './pooled-agent.js';

export interface ProvisionerOptions {
  clock: Clock;
  events: OrchestraEvents;
  factory: AgentFactory;
  createTimeoutMs: number;
  /** Given where the agent must answer a ping within that time before it counts as there; one that is not `pingable` need not. */
  firstPingTimeoutMs?: number;
  restart: RestartOptions;
  /** Told once, when the agent is there and its slots are free. */
  onReady: (pooled: PooledAgent) => void;
  /** Told of every create that failed, also by the first ping. */
  onFailed: () => void;
}

/**
 * Makes one agent, trying again until it is there or nobody wants it any more.
 * A create that comes to an end after it was given up is disposed of.
 */
export class Provisioner {
  readonly #pooled: PooledAgent;
  readonly #options: ProvisionerOptions;
  readonly #stopping = new AbortController();
  #retry: Timer | undefined;
  #attempt: Promise<void> | undefined;
  /** Ends, under way, of creates that were given up. */
  readonly #discarded = new Set<Promise<void>>();
  #quarantined = false;

  constructor(pooled: PooledAgent, options: ProvisionerOptions) {
    this.#pooled = pooled;
    this.#options = options;
  }

  /** Resolves when the first attempt has ended, well or not. */
  start(): Promise<void> {
    this.#attempt = this.#create();
    return this.#attempt;
  }

  /** The same, but it begins to make it only when that is its turn. */
  startLater(error: ErrorRecord, { retryInMs, quarantined }: NextCreate): void {
    const { clock } = this.#options;
    if (quarantined) this.#quarantined = true;
    const until = quarantined ? new Date(clock.now() + retryInMs).toISOString() : null;
    this.#pooled.createWaits(error, clock.monotonic() + retryInMs, until);
    this.#retry = clock.setTimer(() => void this.start(), retryInMs);
  }

  /** Aborts the create under way and waits for its end (bounded); none follows. */
  async stop(): Promise<void> {
    const { capability } = this.#pooled;
    this.#retry?.cancel();
    this.#stopping.abort(new AbortedError('shutdown', `an agent of "${capability}" is not wanted any more`));
    await this.#attempt;
    const { clock } = this.#options;
    if (this.#discarded.size === 0) return;
    const ended = Promise.all(this.#discarded).then(() => undefined);
    await settleInTime(() => ended, clock, `aborting the create of an agent of "${capability}"`);
  }

  async #create(): Promise<void> {
    const { clock, createTimeoutMs, firstPingTimeoutMs } = this.#options;
    const { capability } = this.#pooled;
    const startedAtMs = clock.monotonic();
    const deadline = this.#deadline(createTimeoutMs, `creating an agent of "${capability}"`);
    this.#pooled.createBegun();
    const making = this.#make(deadline.signal);
    let agent: Agent;
    try {
      agent = await untilAborted(making, deadline.signal);
    } catch (error) {
      this.#discard(
        making.then(
          (late) => disposeAgent(late, clock, capability),
          () => undefined,
        ),
      );
      this.#failed(error, 'AGENT_CREATE_FAILED');
      return;
    } finally {
      deadline.dispose();
    }
    try {
      if (firstPingTimeoutMs !== undefined && agent.pingable !== false)
        await this.#pingFirst(agent, firstPingTimeoutMs);
      this.#stopping.signal.throwIfAborted();
    } catch (error) {
      this.#discard(disposeAgent(agent, clock, capability));
      this.#failed(error, 'AGENT_UNHEALTHY');
      return;
    }
    this.#ready(agent, clock.monotonic() - startedAtMs);
  }

  /** @throws what the ping throws, or that it took too long. */
  async #pingFirst(agent: Agent, timeoutMs: number): Promise<void> {
    const { capability, pings } = this.#pooled;
    using deadline = this.#deadline(timeoutMs, `the first ping of an agent of "${capability}"`);
    await untilAborted(agent.ping(deadline.signal), deadline.signal);
    pings.recordSuccess(this.#options.clock.timestamp(), 1);
  }

  #deadline(timeoutMs: number, what: string): Deadline {
    return new Deadline({ clock: this.#options.clock, parent: this.#stopping.signal, timeoutMs, what });
  }

  #discard(end: Promise<void>): void {
    const tracked = end.then(() => void this.#discarded.delete(tracked));
    this.#discarded.add(tracked);
  }

  /** Async, so that a factory that throws at once is no different. */
  async #make(signal: AbortSignal): Promise<Agent> {
    return await this.#options.factory.create(signal);
  }

  #ready(agent: Agent, durationMs: number): void {
    const { clock, events, onReady } = this.#options;
    const { agentId, capability, createsBegun: attempts, failedBefore } = this.#pooled;
    this.#pooled.ready(agent, clock.timestamp());
    onReady(this.#pooled);
    events.publish('agent.started', { agentId, capability, durationMs });
    if (failedBefore) events.publish('agent.recovered', { agentId, capability, attempts });
  }

  /** Nothing happens when nobody wants it any more. */
  #failed(cause: unknown, fallback: 'AGENT_CREATE_FAILED' | 'AGENT_UNHEALTHY'): void {
    if (this.#stopping.signal.aborted) return;
    const { events, restart, onFailed } = this.#options;
    const error = toErrorRecord(cause, fallback);
    // One that fails when its quarantine is over goes back there.
    const allowed = this.#quarantined ? 0 : restart.maxFailedCreates;
    const next = nextCreate(this.#pooled.createsBegun, allowed, restart.quarantineMs);
    this.startLater(error, next);
    publishFailure(events, this.#pooled, { reason: 'create', error, next });
    onFailed();
  }
}

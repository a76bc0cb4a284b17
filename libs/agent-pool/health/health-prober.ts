import { Deadline, JitteredLoop, untilAborted, type Clock } from '#core';
import type { PooledAgent } from '../pooled-agent.js';
import type { HealthOptions } from './health-options.js';

/** A timeout that fires later than this says that our own event loop was blocked, and nothing of the agent. */
export const BLOCKED_LOOP_MS = 100;

export interface HealthProberOptions {
  health: HealthOptions;
  clock: Clock;
  /** Those to ask; one that is not there, or not yet, has its turn pass. */
  agents: () => readonly PooledAgent[];
  /** Told when an agent has failed `failureThreshold` pings, and of the last one's error. */
  onUnhealthy: (pooled: PooledAgent, error: unknown) => void;
  /** Told when failed pings of an agent are forgotten. */
  onRecovered: (pooled: PooledAgent) => void;
}

/**
 * Asks the agents of one pool in turn whether they are able to work.
 *
 * It wakes up once an agent an interval, and pings one: the pings of n agents are `intervalMs` / n apart, give or take
 * half of it, and those of many pools drift apart by the same jitter. An agent has one ping at a time: one that has
 * not settled when its next turn comes fails that as well. Answers after the timeout are dropped.
 */
export class HealthProber {
  readonly #options: HealthProberOptions;
  readonly #loop: JitteredLoop;
  /** Pings that wait for their answer or their timeout. */
  readonly #underWay = new Set<Promise<void>>();
  #turn = 0;

  constructor(options: HealthProberOptions) {
    const { clock, health, agents } = options;
    this.#options = options;
    this.#loop = new JitteredLoop({
      clock,
      intervalMs: () => health.intervalMs / Math.max(1, agents().length),
      jitter: 0.5,
      run: (signal) => this.#next(signal),
      onError: (error) => {
        throw error; // what `onUnhealthy` throws is a bug of ours
      },
    });
  }

  /** To be called when there is somebody to ask; until then there is no timer. Idempotent. */
  start(): void {
    if (this.#options.health.enabled) this.#loop.start();
  }

  /** Gives up pings under way; none follows. Resolves when they have ended here. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    await Promise.all(this.#underWay);
  }

  async #next(signal: AbortSignal): Promise<void> {
    const agents = this.#options.agents();
    if (this.#turn >= agents.length) this.#turn = 0;
    const pooled = agents[this.#turn++];
    if (pooled?.pingable !== true) return;
    const ping = this.#ping(pooled, signal).finally(() => this.#underWay.delete(ping));
    this.#underWay.add(ping);
    if (this.#underWay.size >= this.#options.health.maxConcurrentPings) await Promise.race(this.#underWay);
  }

  async #ping(pooled: PooledAgent, stopping: AbortSignal): Promise<void> {
    const { clock, health } = this.#options;
    const { timeoutMs } = health;
    const startedAtMs = clock.monotonic();
    using deadline = new Deadline({ clock, parent: stopping, timeoutMs, what: 'a ping of the agent' });
    const failure = await untilAborted(pooled.ping(deadline.signal), deadline.signal).then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    // Nobody asks any more, or nobody is there: it was disposed of meanwhile.
    if (stopping.aborted || !pooled.pingable) return;
    if (failure === undefined) this.#succeeded(pooled);
    else if (!deadline.signal.aborted || clock.monotonic() - startedAtMs <= timeoutMs + BLOCKED_LOOP_MS) {
      this.#failed(pooled, failure.error);
    }
  }

  #failed(pooled: PooledAgent, error: unknown): void {
    const { clock, health, onUnhealthy } = this.#options;
    if (pooled.pings.recordFailure(clock.timestamp()) >= health.failureThreshold) onUnhealthy(pooled, error);
  }

  #succeeded(pooled: PooledAgent): void {
    const { clock, health, onRecovered } = this.#options;
    if (pooled.pings.recordSuccess(clock.timestamp(), health.recoveryThreshold)) onRecovered(pooled);
  }
}

import { toErrorRecord, type Clock } from '#core';
import type { OrchestraEvents } from '#events';
import { disposeAgent } from './dispose-agent.js';
import { nextCreate } from './health/next-create.js';
import { publishFailure } from './health/publish-failure.js';
import { RestartHistory } from './health/restart-history.js';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import { PooledAgent } from './pooled-agent.js';
import { Provisioner } from './provisioner.js';

export interface MembersOptions {
  definition: ResolvedPoolDefinition;
  clock: Clock;
  events: OrchestraEvents;
  /** Told when an agent is there and its slots are free. */
  onReady: (pooled: PooledAgent) => void;
  /** Told when an agent has lost its place, its tasks still under way. */
  onLeave: (pooled: PooledAgent) => void;
  /** Told after one has got a place, has come, could not be made, or has lost its place. */
  onChange: () => void;
}

interface MakeListener {
  /** Told at once, before anything can happen to it. */
  onBegin: (pooled: PooledAgent) => void;
  /** Told when it is there, before the pool is. */
  onMade?: (pooled: PooledAgent) => void;
}

/**
 * The agents of one pool: how they come, take each other's place, and go.
 * One that leaves takes no more tasks, and is disposed of when its last one ended: see `taskEnded`.
 */
export class Members {
  readonly #options: MembersOptions;
  /** One place an agent; who replaces another takes its place, so that turns keep their order. */
  readonly #current: PooledAgent[] = [];
  /** Those who are being made to take a place, by those who have it and work on until then. */
  readonly #successors = new Map<PooledAgent, PooledAgent>();
  /** Those who lost their place and are not disposed of yet. */
  readonly #leaving = new Set<PooledAgent>();
  /** Of those who are not there yet. */
  readonly #provisioners = new Map<PooledAgent, Provisioner>();
  /** Disposals, and ends of creates, under way. */
  readonly #stops = new Set<Promise<void>>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Those who have a place, in its order; some may not be there yet. Live: it changes with the pool. */
  get current(): readonly PooledAgent[] {
    return this.#current;
  }

  /** The current ones, their successors to be, then those who leave. */
  get all(): PooledAgent[] {
    return [...this.#current, ...this.#successors.values(), ...this.#leaving];
  }

  /** How many are being renewed. */
  get renewals(): number {
    return this.#successors.size;
  }

  /** Begins to make `count` agents, all at once. Resolves when the first attempt of each has ended, well or not. */
  async add(count: number): Promise<void> {
    const first = this.#current.length;
    const places = Array.from({ length: count }, (_, n) => first + n);
    const history = (): RestartHistory => new RestartHistory(this.#options.definition.restart);
    const attempts = places.map((place) => this.#provision(place, history()).start());
    this.#options.onChange();
    await Promise.all(attempts);
  }

  /**
   * A new agent is made, and takes its place when it is there; until then it works on. When it loses its place otherwise,
   * `replace` gives it to its successor at once, and the others give that one up too.
   */
  renew(pooled: PooledAgent): void {
    if (this.#successors.has(pooled) || this.#placeOf(pooled) < 0) return;
    const provisioner = this.#make(pooled.history, {
      onBegin: (successor) => this.#successors.set(pooled, successor),
      onMade: (successor) => this.#succeed(pooled, successor),
    });
    void provisioner.start();
  }

  /** A new agent takes its place at once, and it leaves. Nothing happens when it leaves already. */
  replace(pooled: PooledAgent): void {
    const place = this.#placeOf(pooled);
    if (place < 0) return;
    const successor = this.#takeSuccessor(pooled);
    // Before the disposal: agents that share something must see that it is still needed.
    if (successor === undefined) void this.#provision(place, pooled.history).start();
    else this.#current[place] = successor;
    this.#leave(pooled);
  }

  /**
   * It was lost: it leaves, and a new one takes its place, which is made after a back-off, or a quarantine when that
   * happens too often. After failed pings that one must answer a ping before it counts as there: many factories ask
   * nobody, and what fails would have agents again and again. Nothing is made for one that was leaving anyway.
   */
  restart(pooled: PooledAgent, reason: 'unhealthy' | 'lost', cause: unknown): void {
    const { definition, clock, events } = this.#options;
    const place = this.#placeOf(pooled);
    if (place < 0) return;
    const { health, restart } = definition;
    const { maxRestarts, quarantineMs } = restart;
    const next = nextCreate(pooled.history.record(clock.monotonic()), maxRestarts, quarantineMs);
    const error = toErrorRecord(cause, 'AGENT_UNHEALTHY');
    const successor = this.#takeSuccessor(pooled);
    const firstPingTimeoutMs = reason === 'unhealthy' ? health.timeoutMs : undefined;
    this.#provision(place, pooled.history, firstPingTimeoutMs).startLater(error, next);
    this.#leave(pooled);
    if (successor !== undefined) this.#leave(successor);
    publishFailure(events, pooled, { reason, error, next }, this.#current[place]);
  }

  /** It leaves, and nobody takes its place. Nothing happens when it leaves already. */
  remove(pooled: PooledAgent): void {
    const place = this.#placeOf(pooled);
    if (place < 0) return;
    const successor = this.#takeSuccessor(pooled);
    this.#current.splice(place, 1);
    this.#leave(pooled);
    if (successor !== undefined) this.#leave(successor);
  }

  /** To be called after `giveBack`: it may have been the last task of one that leaves. */
  taskEnded(pooled: PooledAgent): void {
    if (pooled.leaving && pooled.active === 0) this.#stop(pooled);
  }

  /** Aborts creates and disposes of every agent at once, whatever it does. Resolves when that is done (bounded). */
  async close(): Promise<void> {
    for (const pooled of this.all) {
      pooled.leave();
      this.#stop(pooled);
    }
    await Promise.all(this.#stops);
  }

  #provision(place: number, history: RestartHistory, firstPingTimeoutMs?: number): Provisioner {
    const onBegin = (pooled: PooledAgent): void => void (this.#current[place] = pooled);
    return this.#make(history, { onBegin }, firstPingTimeoutMs);
  }

  #make(
    history: RestartHistory,
    { onBegin, onMade }: MakeListener,
    firstPingTimeoutMs?: number,
  ): Provisioner {
    const { definition, clock, events, onReady, onChange } = this.#options;
    const { capability, concurrencyPerAgent: concurrency, createTimeoutMs, factory, restart } = definition;
    const pooled = new PooledAgent({ capability, kind: factory.kind, concurrency, history });
    const provisioner = new Provisioner(pooled, {
      clock,
      events,
      factory,
      createTimeoutMs,
      firstPingTimeoutMs,
      restart,
      onReady: () => {
        this.#provisioners.delete(pooled);
        onMade?.(pooled);
        onReady(pooled);
        onChange();
      },
      onFailed: onChange,
    });
    onBegin(pooled);
    this.#provisioners.set(pooled, provisioner);
    return provisioner;
  }

  /** Negative when it leaves; at close all do that from their places. */
  #placeOf(pooled: PooledAgent): number {
    return pooled.leaving ? -1 : this.#current.indexOf(pooled);
  }

  #takeSuccessor(pooled: PooledAgent): PooledAgent | undefined {
    const successor = this.#successors.get(pooled);
    this.#successors.delete(pooled);
    return successor;
  }

  /** Nothing happens when it has the place already, since the other lost it. */
  #succeed(pooled: PooledAgent, successor: PooledAgent): void {
    if (!this.#successors.delete(pooled)) return;
    this.#current[this.#current.indexOf(pooled)] = successor;
    this.#leave(pooled);
  }

  #leave(pooled: PooledAgent): void {
    pooled.leave();
    this.#leaving.add(pooled);
    this.#options.onLeave(pooled);
    this.taskEnded(pooled);
    this.#options.onChange();
  }

  #stop(pooled: PooledAgent): void {
    const { clock, events } = this.#options;
    const { agentId, capability, statistics } = pooled;
    const agent = pooled.giveUp();
    const end = agent === undefined ? this.#stopMaking(pooled) : disposeAgent(agent, clock, capability);
    if (end === undefined) return;
    const stop = end.then(() => {
      pooled.stopped();
      this.#leaving.delete(pooled);
      this.#stops.delete(stop);
      if (agent !== undefined) {
        events.publish('agent.stopped', { agentId, capability, tasks: statistics.tasks });
      }
    });
    this.#stops.add(stop);
  }

  #stopMaking(pooled: PooledAgent): Promise<void> | undefined {
    const provisioner = this.#provisioners.get(pooled);
    this.#provisioners.delete(pooled);
    return provisioner?.stop();
  }
}

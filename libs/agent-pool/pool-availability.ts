import { CircuitBreaker, type BreakerOutcome, type BreakerState, type Clock, type Timer } from '#core';
import type { OrchestraEvents, UnavailableReason } from '#events';
import type { ResolvedPoolDefinition } from './pool-definition.js';
import { unavailableError } from './pool-errors.js';
import type { PooledAgent } from './pooled-agent.js';
import type { AgentPoolError } from './ports/agent-pool.errors.js';

/** Nobody is asked to come back sooner: a create takes its time as well, and so does a probe. */
export const MIN_RETRY_AFTER_MS = 1_000;

export interface PoolAvailabilityOptions {
  definition: ResolvedPoolDefinition;
  clock: Clock;
  events: OrchestraEvents;
  /** Those who have a place in the pool; live. */
  agents: () => readonly PooledAgent[];
  /** Rejects all who wait. @returns how many. */
  refuseWaiting: (error: AgentPoolError) => number;
  /** Grants to those who wait what there is: more may be granted than before. */
  serveWaiting: () => void;
}

/**
 * Whether it is worth while to wait for an agent of a pool.
 *
 * - Its breaker is open, for its agents fail: leases are refused at once, and those who wait as well.
 * - Its breaker is half-open: a few leases probe, the others wait for the outcome.
 * - It has no usable agent, and none that is made for the first time: leases wait for one that is made again.
 *
 * Who waits in one of the latter two does so until `unavailableAfterMs` after its beginning, at most; then all are
 * refused until it is over. That takes one timer, and there is none while a pool has what it needs.
 *
 * While it is suspended nothing of this applies: leases wait, for as long as it takes.
 */
export class PoolAvailability {
  readonly #options: PoolAvailabilityOptions;
  readonly #breaker: CircuitBreaker | undefined;
  #breakerState: BreakerState = 'closed';
  /** Kept, for every lease asks. */
  #impaired = false;
  #failingSinceMs = 0;
  /** Undefined while there is an agent to wait for. */
  #emptySinceMs: number | undefined;
  #patience: Timer | undefined;
  #patienceOver = false;
  /** Whether others were told that there is no agent. */
  #toldEmpty = false;
  #suspended = false;
  #closed = false;

  constructor(options: PoolAvailabilityOptions) {
    const { definition, clock } = options;
    this.#options = options;
    if (definition.breaker === false) return;
    const onChange = (state: BreakerState): void => this.#breakerChanged(state);
    this.#breaker = new CircuitBreaker({ ...definition.breaker, clock, onChange });
  }

  /** Null when the pool has no breaker. */
  get breaker(): BreakerState | null {
    return this.#breaker?.state ?? null;
  }

  /** Whether a lease may have to be refused, or wait although an agent is free. */
  get impaired(): boolean {
    return this.#impaired;
  }

  /** Whether a free agent may be leased now. */
  get grants(): boolean {
    return !this.#impaired || (this.#breaker?.passable ?? true);
  }

  /** Takes note of a lease that is granted. @returns what its `record` is given. */
  pass(): number {
    return this.#breaker?.pass() ?? 0;
  }

  /** @param nowMs monotonic. */
  record(pass: number, outcome: BreakerOutcome, nowMs: number): void {
    this.#breaker?.record(pass, this.#suspended ? 'unknown' : outcome, nowMs);
  }

  /** Why a lease is refused now; undefined when it is granted, or may wait. */
  refusal(): AgentPoolError | undefined {
    const reason = this.#reason;
    return reason && this.#error(reason);
  }

  /** When a lease that is refused now may be granted; null when it is not refused. */
  get retryAfterMs(): number | null {
    const reason = this.#reason;
    return reason === undefined ? null : this.#retryAfterMs(reason);
  }

  /** To be called when an agent has come, could not be made, or has lost its place. */
  agentsChanged(): void {
    if (this.#closed) return;
    const { clock, agents } = this.#options;
    const isHopeless = agents().length > 0 && agents().every((agent) => !agent.usable && !agent.isNew);
    const sinceMs = this.#emptySinceMs;
    if (isHopeless) this.#emptySinceMs ??= clock.monotonic();
    // Once others were told, an agent that may come is not enough to say the contrary.
    else if (!this.#toldEmpty || this.#usableAgents > 0) this.#emptySinceMs = undefined;
    this.#follow();
    if (sinceMs === undefined || this.#emptySinceMs !== undefined || !this.#toldEmpty) return;
    this.#toldEmpty = false;
    this.#tellAvailable('no-agents', sinceMs);
  }

  /** Nobody is refused, and no outcome counts, until `resume`: the agents are in the hands of an operator. */
  suspend(): void {
    this.#suspended = true;
    this.#followPatience();
  }

  /** Who waited meanwhile is refused when the breaker is still open; otherwise their patience begins anew. */
  resume(): void {
    this.#suspended = false;
    this.#followPatience();
    if (this.breaker === 'open') this.#refuse('failures');
  }

  /** Nothing happens any more. */
  close(): void {
    this.#closed = true;
    this.#patience?.cancel();
  }

  get #reason(): UnavailableReason | undefined {
    if (!this.#impaired || this.#suspended) return undefined;
    if (!this.grants && (this.#breakerState === 'open' || this.#patienceOver)) return 'failures';
    return this.#emptySinceMs !== undefined && this.#patienceOver ? 'no-agents' : undefined;
  }

  get #usableAgents(): number {
    return this.#options.agents().filter(({ usable }) => usable).length;
  }

  #breakerChanged(state: BreakerState): void {
    const { clock, serveWaiting } = this.#options;
    if (this.#closed) return;
    if (this.#breakerState === 'closed') this.#failingSinceMs = clock.monotonic();
    this.#breakerState = state;
    this.#follow();
    if (state === 'open') this.#refuse('failures');
    if (state !== 'closed') return;
    serveWaiting();
    this.#tellAvailable('failures', this.#failingSinceMs);
  }

  #follow(): void {
    this.#impaired = this.#breakerState !== 'closed' || this.#emptySinceMs !== undefined;
    this.#followPatience();
  }

  #followPatience(): void {
    const { clock, definition } = this.#options;
    if (!this.#suspended && (this.#breakerState === 'half-open' || this.#emptySinceMs !== undefined)) {
      if (this.#patienceOver) return;
      this.#patience ??= clock.setTimer(() => this.#runOutOfPatience(), definition.unavailableAfterMs);
      return;
    }
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#patienceOver = false;
  }

  #runOutOfPatience(): void {
    const { refuseWaiting } = this.#options;
    this.#patience = undefined;
    this.#patienceOver = true;
    if (this.#emptySinceMs === undefined) {
      refuseWaiting(this.#error('failures'));
      return;
    }
    this.#toldEmpty = true;
    this.#refuse('no-agents');
  }

  #refuse(reason: UnavailableReason): void {
    const { definition, events, refuseWaiting } = this.#options;
    const { capability } = definition;
    const { tasks, failures } = this.#breaker?.counts ?? { tasks: 0, failures: 0 };
    const refused = refuseWaiting(this.#error(reason));
    events.publish('pool.unavailable', {
      capability,
      reason,
      retryAfterMs: this.#retryAfterMs(reason),
      tasks,
      failures,
      usableAgents: this.#usableAgents,
      refused,
    });
  }

  #tellAvailable(reason: UnavailableReason, sinceMs: number): void {
    const { clock, definition, events } = this.#options;
    const { capability } = definition;
    const unavailableMs = clock.monotonic() - sinceMs;
    const usableAgents = this.#usableAgents;
    events.publish('pool.available', { capability, reason, unavailableMs, usableAgents });
  }

  #error(reason: UnavailableReason): AgentPoolError {
    return unavailableError(this.#options.definition.capability, reason, this.#retryAfterMs(reason));
  }

  #retryAfterMs(reason: UnavailableReason): number {
    const { clock, agents } = this.#options;
    if (reason === 'failures') {
      const openMs = this.#breaker?.retryAfterMs ?? 0;
      return openMs > 0 ? openMs : MIN_RETRY_AFTER_MS;
    }
    const nextAtMs = Math.min(...agents().map((agent) => agent.nextCreateAtMs ?? Infinity));
    const waitMs = Number.isFinite(nextAtMs) ? Math.ceil(nextAtMs - clock.monotonic()) : 0;
    return Math.max(MIN_RETRY_AFTER_MS, waitMs);
  }
}

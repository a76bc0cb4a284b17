import type { Clock, ErrorRecord } from '#core';
import type { OrchestraEvents } from '#events';
import type { AgentLease } from './agent-lease.js';
import type { LeaseOutcome } from './lease.js';
import type { Members } from './members.js';
import type { PoolAvailability } from './pool-availability.js';
import type { PooledAgent } from './pooled-agent.js';
import { AgentGoneError, AgentLostError } from './ports/agent-lost.errors.js';
import type { Recycler } from './recycling/recycler.js';
import type { Sizing } from './scaling/sizing.js';
import { TaskStatistics } from './task-statistics.js';

export interface LeaseEndsOptions {
  clock: Clock;
  events: OrchestraEvents;
  members: Members;
  availability: PoolAvailability;
  sizing: Sizing;
  recycler: Recycler;
}

/** What the end of a lease means for its agent, and for the others of the pool. */
export class LeaseEnds {
  /** Of all tasks of the pool. */
  readonly statistics = new TaskStatistics();
  readonly #options: LeaseEndsOptions;
  #abandoned = 0;

  constructor(options: LeaseEndsOptions) {
    this.#options = options;
  }

  /** Tasks that ignored their abort. */
  get abandonedTasks(): number {
    return this.#abandoned;
  }

  released({ pooled, pass }: AgentLease, outcome: LeaseOutcome): void {
    const { clock, members, availability, sizing, recycler } = this.#options;
    const { ok, durationMs, error, agentOutcome = ok ? 'success' : 'unknown' } = outcome;
    const nowMs = clock.monotonic();
    pooled.statistics.record(ok, durationMs, nowMs);
    this.statistics.record(ok, durationMs, nowMs);
    availability.record(pass, agentOutcome, nowMs);
    if (!pooled.leaving) sizing.givenBack(1, nowMs);
    if (!ok && error instanceof AgentGoneError) this.lost(pooled, 'lost', error);
    members.taskEnded(pooled);
    recycler.taskEnded(pooled);
  }

  abandoned({ pooled, pass }: AgentLease, error: ErrorRecord): void {
    const { clock, events, members, availability, sizing } = this.#options;
    const nowMs = clock.monotonic();
    this.#countGivenUp(pooled);
    this.#abandoned++;
    availability.record(pass, 'failure', nowMs);
    if (pooled.leaving) {
      members.taskEnded(pooled);
      return;
    }
    sizing.givenBack(1, nowMs);
    const { agentId, capability } = pooled;
    members.replace(pooled);
    events.publish('agent.failed', { agentId, capability, reason: 'abandoned', error, retryInMs: 0 });
  }

  /** The agent is lost: its tasks fail at once, wherever they are, and another agent takes its place. */
  lost(pooled: PooledAgent, reason: 'unhealthy' | 'lost', cause: unknown): void {
    const { clock, members, availability } = this.#options;
    // First, lest it gets the tasks that come when the slots of the others are free.
    members.restart(pooled, reason, cause);
    const error = new AgentLostError(pooled.agentId, cause);
    for (const lease of pooled.leases()) {
      this.#countGivenUp(pooled);
      availability.record(lease.pass, 'failure', clock.monotonic());
      lease.lose(error);
    }
    members.taskEnded(pooled);
  }

  #countGivenUp(pooled: PooledAgent): void {
    pooled.statistics.recordGivenUp();
    this.statistics.recordGivenUp();
  }
}

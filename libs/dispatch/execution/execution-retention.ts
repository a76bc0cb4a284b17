import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '#core';
import { StateStore, isStateError, type Commit } from '#state';
import type { DispatchOptions } from '../dispatch.options.js';
import { DISPATCH_OPTIONS } from '../dispatch.tokens.js';
import { isFinished } from './execution.js';
import { atEndOfTurn } from './end-of-turn.js';
import { FINISHED_INDEX, leaveIndexes } from './execution-indexes.js';
import { executionKey, idempotencyRecordKey, runKey } from './execution-keys.js';
import { ExecutionStore, type StoredSummary } from './execution-store.js';

/** How many expired executions are forgotten in one commit at most. */
const EVICTION_BATCH = 100;

/**
 * How long a sweep by age may be late while executions finish; on a durable store, where asking is a round trip, one by
 * count too.
 */
const CHECK_INTERVAL_MS = 1_000;

/** Keeps finished executions within the bounds of `dispatch.retention`. */
@Injectable()
export class ExecutionRetention {
  readonly #logger = new Logger(ExecutionRetention.name);
  #sweeping: Promise<void> | undefined;
  /** What finished while a sweep was under way may be more than it looked at. */
  #sweepAgain = false;
  #sweepingSoon = false;
  #ageCheckedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly executions: ExecutionStore,
    private readonly state: StateStore,
    private readonly clock: Clock,
    @Inject(DISPATCH_OPTIONS) private readonly options: DispatchOptions,
  ) {}

  /** As {@link sweep}, at the end of this turn of the event loop, once for all that finish in it. */
  sweepSoon(): void {
    if (this.#sweepingSoon) return;
    if (this.state.durable && this.clock.now() - this.#ageCheckedAt < CHECK_INTERVAL_MS) return;
    this.#sweepingSoon = true;
    atEndOfTurn(this);
  }

  /** @internal For {@link sweepSoon}. */
  turnEnded(): void {
    this.#sweepingSoon = false;
    void this.sweep();
  }

  /** Forgets finished executions beyond the retention's bounds; calls while it is at it are one. Never throws. */
  sweep(): Promise<void> {
    // A process that only looks in may have other bounds than those who run them.
    if (!this.options.consume) return Promise.resolve();
    this.#sweepAgain = true;
    this.#sweeping ??= this.#sweep()
      .catch((error: unknown) => {
        // Nobody waits for a sweep, so the end of the process may overtake it.
        if (!isStateError(error, 'STATE_CLOSED'))
          this.#logger.error('could not forget old executions', error);
      })
      .finally(() => (this.#sweeping = undefined));
    return this.#sweeping;
  }

  async #sweep(): Promise<void> {
    while (this.#sweepAgain) {
      this.#sweepAgain = false;
      await this.#evict();
    }
  }

  async #evict(): Promise<void> {
    const { maxAgeMs, maxCount } = this.options.retention;
    const surplus = (await this.state.count(FINISHED_INDEX)) - maxCount;
    const now = this.clock.now();
    const isAgeDue = now - this.#ageCheckedAt >= CHECK_INTERVAL_MS;
    if (surplus <= 0 && !isAgeDue) return;
    if (isAgeDue) this.#ageCheckedAt = now;
    const limit = isAgeDue ? EVICTION_BATCH : Math.min(surplus, EVICTION_BATCH);
    const oldest = await this.state.list(FINISHED_INDEX, { order: 'asc', limit });
    const expired = oldest.items.filter(({ score }, place) => place < surplus || score < now - maxAgeMs);
    const forgotten = await this.#forget(expired.map(({ member }) => member));
    // There may be more behind a full batch; one of which nothing could be forgotten would come again for ever.
    if (expired.length < EVICTION_BATCH || forgotten === 0) return;
    this.#sweepAgain = true;
    if (isAgeDue) this.#ageCheckedAt = Number.NEGATIVE_INFINITY;
  }

  /** @returns how many are gone. */
  async #forget(executionIds: readonly string[]): Promise<number> {
    const found = await Promise.all(executionIds.map((id) => this.executions.findSummary(id)));
    const finished = found.filter((stored) => stored !== undefined && isFinished(stored.state.status));
    if (finished.length === 0) return 0;
    try {
      await this.state.commit(forgetting(finished as StoredSummary[]));
      return finished.length;
    } catch (error) {
      if (!isStateError(error, 'ALREADY_EXISTS')) throw error;
      if (executionIds.length === 1) return 0;
      // One of them is being retried at this moment: by themselves the others go all the same.
      let forgotten = 0;
      for (const id of executionIds) forgotten += await this.#forget([id]);
      return forgotten;
    }
  }
}

/** One commit for all of them. */
function forgetting(finished: readonly StoredSummary[]): Commit {
  const puts: NonNullable<Commit['puts']>[number][] = [];
  const records: string[] = [];
  const logs: string[] = [];
  for (const { facts, state } of finished) {
    const { executionId, idempotencyKey } = facts;
    const nextRun = runKey(executionId, state.run + 1);
    // Takes the place of the next run, so that an execution that is being retried at this moment is not forgotten.
    puts.push({ key: nextRun, fields: {}, ifAbsent: true });
    records.push(executionKey(executionId), nextRun);
    for (let run = 2; run <= state.run; run++) records.push(runKey(executionId, run));
    if (idempotencyKey !== null) records.push(idempotencyRecordKey(idempotencyKey));
    logs.push(executionKey(executionId));
  }
  const index = finished.flatMap(({ facts, state }) => leaveIndexes(facts, state.status));
  return { puts, deletes: { records, logs }, index };
}

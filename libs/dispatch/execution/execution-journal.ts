import type { Clock, JsonValue } from '#core';
import type { OrchestraEvents } from '#events';
import type { Commit, StateStore } from '#state';
import { metaOf, toLogEntry, type LoggedEvent, type PlannedEvent } from './execution-event.js';
import { statusMoves } from './execution-indexes.js';
import { executionKey } from './execution-keys.js';
import { atEndOfTurn } from './end-of-turn.js';
import type { ExecutionStatus, StepRecord } from './execution.js';
import { stepField, type ExecutionFacts, type ExecutionState } from './stored-execution.js';

export interface ExecutionJournalOptions {
  store: StateStore;
  events: OrchestraEvents;
  clock: Clock;
  facts: ExecutionFacts;
  /** The state on record. */
  state: ExecutionState;
  /** Every commit carries it; see `StateStore.claim`. */
  claim: number;
}

/**
 * What one run of an execution writes, in order.
 *
 * Notes taken while a commit is under way share the next one, so the number of commits follows the backend's speed and
 * not the number of changes. An event is published only after the commit that holds it. After a failed commit nothing
 * more is written: every later `flush` rejects with the same error.
 */
export class ExecutionJournal {
  /** Told once, when a commit has failed. */
  onFailure: ((error: unknown) => void) | undefined;
  readonly #options: ExecutionJournalOptions;
  readonly #key: string;
  #fields: Record<string, JsonValue> = {};
  #events: LoggedEvent[] = [];
  /** The status on record, and what it is to be. */
  #status: ExecutionStatus;
  #state: ExecutionState;
  /** Events noted so far. */
  #noted = 0;
  #dirty = false;
  #flushingSoon = false;
  #writing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(options: ExecutionJournalOptions) {
    const { executionId } = options.facts;
    this.#options = options;
    this.#key = executionKey(executionId);
    this.#state = options.state;
    this.#status = options.state.status;
  }

  /** Why nothing more is written, once a commit failed. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  noteEvent({ type, data }: PlannedEvent): void {
    const { clock, claim, state } = this.#options;
    // Frozen, so that the store and who listens share them.
    Object.freeze(data);
    this.#events.push(
      Object.freeze({ type, time: clock.timestamp(), run: state.run, claim, number: ++this.#noted, data }),
    );
    this.#dirty = true;
  }

  /** A step's record and the event that belongs to it; both are frozen. */
  noteStep(stepId: string, record: StepRecord, event: PlannedEvent): void {
    this.#fields[stepField(stepId)] = Object.freeze(record) as unknown as JsonValue;
    this.noteEvent(event);
  }

  /** The execution's state and the event that belongs to it; both are frozen. */
  noteState(state: ExecutionState, event: PlannedEvent): void {
    this.noteStateAlone(state);
    this.noteEvent(event);
  }

  /** The execution's state where no event belongs to it: what a worker that lets go leaves behind. */
  noteStateAlone(state: ExecutionState): void {
    this.#fields.state = Object.freeze(state) as unknown as JsonValue;
    this.#state = state;
    this.#dirty = true;
  }

  /** Resolves when all that was noted so far is committed. @throws what `StateStore.commit` throws. */
  flush(): Promise<void> {
    if (this.#writing === undefined && !this.#dirty) return Promise.resolve();
    this.#writing ??= this.#write();
    return this.#writing;
  }

  /** Commits what is noted by the end of this turn of the event loop; nobody waits for it. */
  flushSoon(): void {
    if (this.#flushingSoon) return;
    this.#flushingSoon = true;
    atEndOfTurn(this);
  }

  /** @internal For {@link flushSoon}. */
  turnEnded(): void {
    this.#flushingSoon = false;
    // Whoever waits for a flush is told as well.
    this.flush().catch(() => undefined);
  }

  async #write(): Promise<void> {
    const { store, events } = this.#options;
    while (this.#dirty) {
      const noted = this.#events;
      try {
        await store.commit(this.#takeCommit());
      } catch (error) {
        this.#failure = { error };
        this.onFailure?.(error);
        throw error;
      }
      for (const event of noted) events.publish(event.type, event.data, metaOf(event));
    }
    // Only success makes room for another write; a rejected promise stays, so that nothing is written after a gap.
    this.#writing = undefined;
  }

  /** All that was noted since the last one. */
  #takeCommit(): Commit {
    const { facts, claim } = this.#options;
    const [key, fields, state] = [this.#key, this.#fields, this.#state];
    const append = this.#events.map((event) => ({ log: key, entry: toLogEntry(event) }));
    const index = statusMoves(facts, this.#status, state);
    this.#status = state.status;
    this.#fields = {};
    this.#events = [];
    this.#dirty = false;
    return { fence: { key, claim }, puts: [{ key, fields }], index, append };
  }
}

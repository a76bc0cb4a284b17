import type { Clock, JsonValue } from '#core';
import type { OrchestraEvents } from '#events';
import type { Commit, StateStore } from '#state';
import { metaOf, toLogEntry, type PlannedEvent } from './execution-event.js';

export interface JournalNote {
  fields?: Record<string, JsonValue>;
  index?: Commit['index'];
  event?: PlannedEvent;
}

export interface ExecutionJournalOptions {
  store: StateStore;
  events: OrchestraEvents;
  clock: Clock;
  /** The execution's record. */
  key: string;
  log: string;
  /** Every commit carries it; see `StateStore.claim`. */
  claim: number;
  /** The run that its events belong to. */
  run: number;
}

/**
 * What one run of an execution writes, in order.
 *
 * Notes taken while a commit is under way share the next one, so the number of commits follows the backend's speed and
 * not the number of changes. An event is published only after the commit that holds it. After a failed commit nothing
 * more is written: every later `flush` rejects with the same error.
 */
export class ExecutionJournal {
  readonly #options: ExecutionJournalOptions;
  #fields: Record<string, JsonValue> = {};
  #index: NonNullable<Commit['index']>[number][] = [];
  #planned: PlannedEvent[] = [];
  /** Events written so far. */
  #written = 0;
  #dirty = false;
  #writing: Promise<void> | undefined;
  #failure: { error: unknown } | undefined;

  constructor(options: ExecutionJournalOptions) {
    this.#options = options;
  }

  /** Why nothing more is written, once a commit failed. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  note({ fields, index, event }: JournalNote): void {
    if (fields !== undefined) Object.assign(this.#fields, fields);
    if (index !== undefined) this.#index.push(...index);
    if (event !== undefined) this.#planned.push(event);
    this.#dirty = true;
  }

  /** Resolves when all that was noted so far is committed. @throws what `StateStore.commit` throws. */
  flush(): Promise<void> {
    if (this.#writing === undefined && !this.#dirty) return Promise.resolve();
    this.#writing ??= this.#write();
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { store, events, clock, key, log, claim, run } = this.#options;
    while (this.#dirty) {
      const [fields, index, planned] = [this.#fields, this.#index, this.#planned];
      this.#fields = {};
      this.#index = [];
      this.#planned = [];
      this.#dirty = false;
      const time = clock.timestamp();
      // Written out: made by a spread, each of them would cost some µs more to put into JSON.
      const logged = planned.map(({ type, data }) => {
        return { type, time, run, mark: `${claim}.${++this.#written}`, data };
      });
      try {
        await store.commit({
          fence: { key, claim },
          puts: [{ key, fields }],
          index,
          append: logged.map((event) => ({ log, entry: toLogEntry(event) })),
        });
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
      for (const event of logged) events.publish(event.type, event.data, metaOf(event));
    }
    // Only success makes room for another write; a rejected promise stays, so that nothing is written after a gap.
    this.#writing = undefined;
  }
}

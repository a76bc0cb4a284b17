import { Injectable } from '@nestjs/common';
import type { JsonValue } from '#core';
import { StateStore, isStateError, type Commit } from '#state';
import { toLogEntry, type LoggedEvent } from './execution-event.js';
import { FINISHED_INDEX, enterIndexes, listingIndex } from './execution-indexes.js';
import { executionKey, idempotencyRecordKey, runKey } from './execution-keys.js';
import { isFinished, type ExecutionStatus } from './execution.js';
import { fromFields, stepField, type StoredExecution } from './stored-execution.js';

/** All that is kept of an execution: what it takes to have it in another store. */
export interface ExecutionCopy extends StoredExecution {
  /** Digest of the request, where it came with an idempotency key. */
  fingerprint: string | null;
  /** Its log, oldest first, as far as it is kept. */
  events: readonly LoggedEvent[];
}

/** There is one of its id; or its idempotency key stands for another one. */
export type CopyConflict = 'exists' | 'key-taken';

/** How often an execution that changes while it is read is looked at again. */
const MAX_LOOKS = 50;

/** Nobody stops in the middle of an execution: a log that was read in part would be taken for all of it. */
const TO_THE_END = { follow: false, signal: new AbortController().signal };

/** Executions as a whole, from one store and into another. */
@Injectable()
export class ExecutionCopies {
  constructor(private readonly state: StateStore) {}

  count(status: ExecutionStatus): Promise<number> {
    return this.state.count(listingIndex({ status }));
  }

  /**
   * An execution as it was at one moment, whoever runs it meanwhile; undefined when there is none.
   *
   * What changes a record adds to its log in the same commit. So a record that was read between two looks at the log is
   * that of the first, when the second finds nothing new.
   * @returns `changing` when it changed at each of many looks.
   */
  async read(executionId: string): Promise<ExecutionCopy | 'changing' | undefined> {
    const key = executionKey(executionId);
    const events: LoggedEvent[] = [];
    let after = await this.#readLog(key, undefined, events);
    for (let look = 0; look < MAX_LOOKS; look++) {
      const fields = await this.state.get(key);
      if (fields?.facts === undefined) return undefined;
      const before = events.length;
      after = await this.#readLog(key, after, events);
      if (events.length > before) continue;
      const stored = fromFields(fields);
      return { ...stored, fingerprint: await this.#fingerprint(stored), events };
    }
    return 'changing';
  }

  /** What keeps a copy from being written here; undefined when nothing does. */
  async findConflict({ facts, fingerprint }: ExecutionCopy): Promise<CopyConflict | undefined> {
    const { executionId, idempotencyKey } = facts;
    const record = await this.state.get(executionKey(executionId), ['facts']);
    if (record?.facts !== undefined) return 'exists';
    if (idempotencyKey === null || fingerprint === null) return undefined;
    const other = await this.state.get(idempotencyRecordKey(idempotencyKey));
    return other === undefined ? undefined : 'key-taken';
  }

  /**
   * Writes an execution with its places in the listings, its log, its idempotency key and its runs, all or nothing. One
   * that is not finished has no job by that.
   * @returns what kept it from being written; undefined when it is.
   * @throws {StateError} `INVALID_COMMIT`, `STORE_FULL`.
   */
  async write(copy: ExecutionCopy): Promise<CopyConflict | undefined> {
    const conflict = await this.findConflict(copy);
    if (conflict !== undefined) return conflict;
    const commit = toCommit(await this.#withClaims(copy));
    try {
      await this.state.commit(commit);
      return undefined;
    } catch (error) {
      // Somebody else writes the same one.
      if (isStateError(error, 'STALE_ATTEMPT')) return 'exists';
      const found = isStateError(error, 'ALREADY_EXISTS') ? await this.findConflict(copy) : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }

  /**
   * Takes as many claims as its workers had: the next worker's events are then told from theirs by their ids. A write
   * that died left some behind; those are put down as ended, so that nobody takes them for lost workers.
   */
  async #withClaims(copy: ExecutionCopy): Promise<ClaimedCopy> {
    const { facts, state, events } = copy;
    const key = executionKey(facts.executionId);
    const claims = events.reduce((most, { claim }) => Math.max(most, claim), state.endedClaim);
    let claim = 0;
    while (claim < claims) claim = await this.state.claim(key);
    const endedClaim = state.endedClaim + claim - claims;
    return { copy: { ...copy, state: { ...state, endedClaim } }, claim };
  }

  /** @returns where it ended. */
  async #readLog(log: string, after: string | undefined, events: LoggedEvent[]): Promise<string | undefined> {
    let last = after;
    for await (const { position, value } of this.state.read(log, { ...TO_THE_END, after })) {
      events.push(value as unknown as LoggedEvent);
      last = position;
    }
    return last;
  }

  async #fingerprint({ facts }: StoredExecution): Promise<string | null> {
    if (facts.idempotencyKey === null) return null;
    const record = await this.state.get(idempotencyRecordKey(facts.idempotencyKey));
    return (record?.fingerprint as string | undefined) ?? null;
  }
}

interface ClaimedCopy {
  copy: ExecutionCopy;
  /** 0 when none was needed. */
  claim: number;
}

function toCommit({ copy, claim }: ClaimedCopy): Commit {
  const { facts, definition, state, cancel, steps, fingerprint, events } = copy;
  const { executionId, idempotencyKey } = facts;
  const key = executionKey(executionId);
  const fields: Record<string, unknown> = { facts, ...definition, state };
  if (cancel !== null) fields.cancel = cancel;
  for (const [stepId, record] of Object.entries(steps)) fields[stepField(stepId)] = record;
  const puts: NonNullable<Commit['puts']>[number][] = [
    { key, fields: fields as Record<string, JsonValue>, ifAbsent: true },
  ];
  if (idempotencyKey !== null && fingerprint !== null) {
    puts.push({
      key: idempotencyRecordKey(idempotencyKey),
      fields: { executionId, fingerprint },
      ifAbsent: true,
    });
  }
  for (let run = 2; run <= state.run; run++) puts.push({ key: runKey(executionId, run), fields: {} });
  const index = enterIndexes(facts, state.status);
  if (isFinished(state.status))
    index.push({ index: FINISHED_INDEX, member: executionId, score: Date.parse(state.finishedAt ?? '') });
  return {
    ...(claim === 0 ? {} : { fence: { key, claim } }),
    puts,
    index,
    append: events.map((event) => ({ log: key, entry: toLogEntry(event) })),
  };
}

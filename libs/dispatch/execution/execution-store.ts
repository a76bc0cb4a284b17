import { Injectable } from '@nestjs/common';
import { Clock, turnOver, type JsonValue, type Page } from '#core';
import { OrchestraEvents } from '#events';
import { StateStore, isStateError, type Commit, type LogEntry } from '#state';
import { DispatchError } from '../dispatch.errors.js';
import { PENDING_STEP, isFinished, type ExecutionStatus, type ExecutionSummary } from './execution.js';
import {
  fromLogEntry,
  metaOf,
  toLogEntry,
  type ExecutionEvent,
  type LoggedEvent,
  type LogPlace,
} from './execution-event.js';
import { FINISHED_INDEX, enterIndexes, listedAs, listingIndex, statusMoves } from './execution-indexes.js';
import { ExecutionJournal } from './execution-journal.js';
import { executionKey, idempotencyRecordKey, runKey } from './execution-keys.js';
import {
  fromFields,
  stepField,
  toSummary,
  type CancelRequest,
  type ExecutionDefinition,
  type ExecutionFacts,
  type ExecutionState,
  type StoredExecution,
} from './stored-execution.js';

export interface ListExecutionsOptions {
  status?: ExecutionStatus;
  workflowId?: string;
  limit?: number;
  cursor?: string;
}

/** What an idempotency key stands for. */
export interface IdempotencyRecord {
  executionId: string;
  /** Digest of the request that came with the key first. */
  fingerprint: string;
}

/** The parts that stay small, whatever the workflow's size. */
export type StoredSummary = Pick<StoredExecution, 'facts' | 'state' | 'cancel'>;

/** An execution that is to be brought further, and what writes it. */
export interface ClaimedExecution {
  stored: StoredExecution;
  journal: ExecutionJournal;
  /** The number that every commit of this worker carries. */
  claim: number;
  /** How many workers in a row had claimed it and were lost: died, or could not write down how far they came. */
  lostWorkers: number;
}

const SUMMARY = ['facts', 'state', 'cancel'];
const STATE_ALONE = ['state'];

/** Executions over the state port: the only place that knows how they are laid out there. */
@Injectable()
export class ExecutionStore {
  constructor(
    private readonly state: StateStore,
    private readonly events: OrchestraEvents,
    private readonly clock: Clock,
  ) {}

  /**
   * Writes a new execution, its place in the listings and its first event, all or nothing.
   * @returns the record that its idempotency key stands for already, when there is one; nothing is written then.
   */
  async create(
    facts: ExecutionFacts,
    definition: ExecutionDefinition,
    fingerprint: string | null,
  ): Promise<IdempotencyRecord | undefined> {
    const { executionId, submittedAt, idempotencyKey } = facts;
    const state = newState(submittedAt, 1, 0);
    const queued = queuedEvent(facts, state);
    const record = {
      key: executionKey(executionId),
      fields: toFields({ facts, workflow: definition.workflow, input: definition.input, state }),
      ifAbsent: true,
    };
    const claimed =
      idempotencyKey === null
        ? []
        : [
            {
              key: idempotencyRecordKey(idempotencyKey),
              fields: toFields({ executionId, fingerprint }),
              ifAbsent: true,
            },
          ];
    try {
      await this.state.commit({
        puts: [...claimed, record],
        index: enterIndexes(facts, 'pending'),
        append: [{ log: executionKey(executionId), entry: toLogEntry(queued) }],
      });
    } catch (error) {
      const taken = idempotencyKey !== null && isStateError(error, 'ALREADY_EXISTS');
      const existing = taken ? await this.findByIdempotencyKey(idempotencyKey) : undefined;
      if (existing === undefined) throw error;
      return existing;
    }
    this.events.publish(queued.type, queued.data, metaOf(queued));
    return undefined;
  }

  async findByIdempotencyKey(digest: string): Promise<IdempotencyRecord | undefined> {
    return (await this.state.get(idempotencyRecordKey(digest))) as unknown as IdempotencyRecord | undefined;
  }

  /** For whoever asks from outside: reading many large ones is shared out over turns. @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async load(executionId: string): Promise<StoredExecution> {
    const pause = turnOver();
    if (pause !== undefined) await pause;
    return this.loadAtOnce(executionId);
  }

  /** For whoever waited for its end: by the next turn it may be forgotten. @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async loadAtOnce(executionId: string): Promise<StoredExecution> {
    const fields = await this.state.get(executionKey(executionId));
    if (fields?.facts === undefined) throw notFound(executionId);
    return fromFields(fields);
  }

  /** @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async statusOf(executionId: string): Promise<ExecutionStatus> {
    const fields = await this.state.get(executionKey(executionId), STATE_ALONE);
    if (fields?.state === undefined) throw notFound(executionId);
    return (fields.state as unknown as ExecutionState).status;
  }

  /** @throws {DispatchError} `EXECUTION_NOT_FOUND`. */
  async loadSummary(executionId: string): Promise<StoredSummary> {
    const summary = await this.findSummary(executionId);
    if (summary === undefined) throw notFound(executionId);
    return summary;
  }

  /** Newest first. @throws {StateError} `INVALID_CURSOR`; {ValidationError} for a limit outside 1..500. */
  async list({ status, workflowId, limit, cursor }: ListExecutionsOptions): Promise<Page<ExecutionSummary>> {
    const page = await this.state.list(listingIndex({ status, workflowId }), {
      limit,
      cursor,
      order: 'desc',
    });
    const stored = await Promise.all(page.items.map(({ member }) => this.findSummary(member)));
    return {
      items: stored.flatMap((summary) => (summary === undefined ? [] : [toSummary(summary)])),
      nextCursor: page.nextCursor,
    };
  }

  /** The latest entry of the log, now and whenever there is another, until the signal aborts. */
  readLatest(executionId: string, signal: AbortSignal): AsyncIterable<LogEntry> {
    return this.state.read(executionKey(executionId), { latest: true, signal });
  }

  /** The events behind `place`, which goes along with them. */
  async *readEvents(
    executionId: string,
    place: LogPlace,
    options: { follow?: boolean; signal: AbortSignal },
  ): AsyncGenerator<ExecutionEvent> {
    const entries = this.state.read(executionKey(executionId), { ...options, after: place.position });
    for await (const entry of entries) {
      const event = fromLogEntry(entry, place);
      place.position = entry.position;
      place.number = entry.number;
      yield event;
    }
  }

  /**
   * Takes the right to write this execution's state; whoever had it before cannot any more.
   * @returns undefined when it has finished.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`.
   */
  async claim(executionId: string): Promise<ClaimedExecution | undefined> {
    const claimed = await this.state.claimRecord(executionKey(executionId));
    if (claimed?.fields.facts === undefined) throw notFound(executionId);
    const { claim, fields } = claimed;
    const stored = fromFields(fields);
    const { facts, state } = stored;
    if (isFinished(state.status)) return undefined;
    const { events, clock } = this;
    return {
      stored,
      journal: new ExecutionJournal({ store: this.state, events, clock, facts, state, claim }),
      claim,
      lostWorkers: claim - 1 - state.endedClaim,
    };
  }

  /**
   * Leaves word that the execution is to be cancelled, for whoever runs it.
   * @throws {DispatchError} `EXECUTION_NOT_FOUND`.
   */
  async requestCancel(executionId: string, request: CancelRequest): Promise<void> {
    const key = executionKey(executionId);
    try {
      await this.state.commit({ puts: [{ key, fields: toFields({ cancel: request }), ifPresent: true }] });
    } catch (error) {
      throw isStateError(error, 'NOT_FOUND') ? notFound(executionId) : error;
    }
  }

  /**
   * Makes a finished execution pending again, with what it completed. Of several at once, one succeeds.
   * @throws {DispatchError} `EXECUTION_NOT_RETRYABLE` when somebody else did it; `EXECUTION_NOT_FOUND` when it was
   *   forgotten meanwhile.
   */
  async restart({ facts, state, steps }: StoredExecution): Promise<ExecutionState> {
    const { executionId } = facts;
    const next = newState(this.clock.timestamp(), state.run + 1, state.endedClaim);
    const fields: Record<string, unknown> = { state: next, cancel: null };
    for (const [stepId, { status }] of Object.entries(steps)) {
      if (status !== 'completed') fields[stepField(stepId)] = PENDING_STEP;
    }
    const queued = queuedEvent(facts, next);
    const commit: Commit = {
      puts: [
        { key: runKey(executionId, next.run), fields: {}, ifAbsent: true },
        { key: executionKey(executionId), fields: toFields(fields), ifPresent: true },
      ],
      index: [
        ...statusMoves(facts, state.status, next),
        { index: FINISHED_INDEX, member: executionId, score: null },
      ],
      append: [{ log: executionKey(executionId), entry: toLogEntry(queued) }],
    };
    try {
      await this.state.commit(commit);
    } catch (error) {
      if (isStateError(error, 'ALREADY_EXISTS'))
        throw notRetryable(executionId, 'it is being retried already');
      throw isStateError(error, 'NOT_FOUND') ? notFound(executionId) : error;
    }
    this.events.publish(queued.type, queued.data, metaOf(queued));
    return next;
  }

  /** Takes an execution that has another status out of the listings of this one. */
  async unlist(facts: ExecutionFacts, status: ExecutionStatus): Promise<void> {
    await this.state.commit({ index: listedAs(facts, status, false) });
    const summary = await this.findSummary(facts.executionId);
    if (summary?.state.status !== status) return;
    // A retry has brought it there meanwhile.
    await this.state.commit({ index: listedAs(facts, status, true) });
  }

  /** The parts that stay small; undefined when there is no such execution. */
  async findSummary(executionId: string): Promise<StoredSummary | undefined> {
    const fields = await this.state.get(executionKey(executionId), SUMMARY);
    return fields?.facts === undefined ? undefined : fromFields(fields);
  }
}

function newState(queuedAt: string, run: number, endedClaim: number): ExecutionState {
  return Object.freeze({
    status: 'pending',
    run,
    endedClaim,
    queuedAt,
    strategy: null,
    startedAt: null,
    finishedAt: null,
    output: null,
    error: null,
  });
}

function queuedEvent(
  { executionId, workflowId, priority }: ExecutionFacts,
  { run, queuedAt }: ExecutionState,
): LoggedEvent<'execution.queued'> {
  const data = Object.freeze({ executionId, workflowId, priority, retry: run > 1 });
  return Object.freeze({ type: 'execution.queued', time: queuedAt, run, claim: 0, number: run, data });
}

function notFound(executionId: string): DispatchError {
  return new DispatchError('EXECUTION_NOT_FOUND', `no execution ${JSON.stringify(executionId)}`, {
    details: { executionId },
  });
}

/** @throws {DispatchError} `EXECUTION_NOT_RETRYABLE`. */
export function requireRetryable(executionId: string, status: ExecutionStatus): void {
  if (!isFinished(status) || status === 'completed') throw notRetryable(executionId, `it is ${status}`);
}

function notRetryable(executionId: string, why: string): DispatchError {
  return new DispatchError('EXECUTION_NOT_RETRYABLE', `the execution cannot run again: ${why}`, {
    details: { executionId },
  });
}

/** What is written is JSON by construction; interfaces have no index signature, so the compiler cannot see it. */
function toFields(fields: object): Record<string, JsonValue> {
  return fields as Record<string, JsonValue>;
}

import { Injectable } from '@nestjs/common';
import { messageOf, parseOptions } from '#core';
import { StateStore, isStateError, type IndexListOptions } from '#state';
import { ExecutionQueue } from '../execution-queue.js';
import { ExecutionCopies, type ExecutionCopy } from '../execution/execution-copies.js';
import { listingIndex } from '../execution/execution-indexes.js';
import { EXECUTION_STATUSES, isFinished, type ExecutionStatus } from '../execution/execution.js';
import { MAX_LINE_LENGTH, fromLine, toLine } from './archive-line.js';
import {
  exportOptionsSchema,
  importOptionsSchema,
  type ExportOptions,
  type ImportOptions,
} from './archive.options.js';
import { splitLines, type NumberedLine } from './split-lines.js';

/** Executions read at once by an export, and held until their turn comes. */
const READ_AT_ONCE = 16;

/** What goes along with an export. */
export interface ExportControl {
  /** Ends it behind the execution that it is at. */
  signal?: AbortSignal;
  /** Told of an execution that could not be exported; the others are. */
  onLeftOut?: (executionId: string, reason: string) => void;
}

/** What goes along with an import. */
export interface ImportControl {
  /** Ends it behind the line that it is at. */
  signal?: AbortSignal;
  /** Told of a line that was refused; the others are read. */
  onRefused?: (line: number, reason: string) => void;
  /** Told after every line, with the report as it is by then. */
  onLine?: (report: Readonly<ImportReport>) => void;
}

export interface ImportReport {
  /** Lines read, blank ones apart. */
  read: number;
  /** Executions written; with `dryRun` those that would be. */
  imported: number;
  /** Of these, those that were not finished: they have a job, and go on here. */
  resumed: number;
  /** Executions that were here already, and were left as they are. */
  existing: number;
  refused: number;
}

/**
 * Executions as lines of JSON, one each (NDJSON), out of one house and into another: whatever their driver, their versions
 * or their Redis, both may be at work meanwhile.
 */
@Injectable()
export class ExecutionArchive {
  constructor(
    private readonly copies: ExecutionCopies,
    private readonly state: StateStore,
    private readonly queue: ExecutionQueue,
  ) {}

  /** How many executions are kept, by status. */
  async counts(): Promise<Record<ExecutionStatus, number>> {
    const counts = await Promise.all(EXECUTION_STATUSES.map((status) => this.copies.count(status)));
    return Object.fromEntries(EXECUTION_STATUSES.map((status, at) => [status, counts[at] ?? 0])) as Record<
      ExecutionStatus,
      number
    >;
  }

  /**
   * The executions asked for, a line each, without line breaks. Each is whole and as it was at one moment; together they
   * are of many moments, so that one that is submitted meanwhile may be missing.
   * @throws {ValidationError} for bad options.
   */
  async *export(options: ExportOptions = {}, control: ExportControl = {}): AsyncGenerator<string> {
    const filter = parseOptions(exportOptionsSchema, options, 'the export');
    const { signal, onLeftOut } = control;
    for await (const executionIds of this.#pages(filter)) {
      for (let at = 0; at < executionIds.length; at += READ_AT_ONCE) {
        const ids = executionIds.slice(at, at + READ_AT_ONCE);
        const copies = await Promise.all(ids.map((id) => this.copies.read(id)));
        for (const [place, copy] of copies.entries()) {
          if (signal?.aborted) return;
          const executionId = ids[place] ?? '';
          if (copy === 'changing') onLeftOut?.(executionId, 'changes faster than it can be read');
          // Forgotten, or of another status, since it was listed.
          if (copy === undefined || copy === 'changing' || !isAskedFor(copy, filter)) continue;
          const line = toLine(copy);
          if (line === undefined) onLeftOut?.(executionId, `has more than ${MAX_LINE_LENGTH} characters`);
          else yield line;
        }
      }
    }
  }

  /**
   * Writes the executions of an archive (UTF-8) that are not here yet. It may be repeated, and goes on where one that
   * was stopped left off. Those not finished get their job: they go on from what they completed. The bound of the queue
   * does not hold for them, for they were accepted once.
   *
   * What is finished and beyond `dispatch.retention` is forgotten again by the next sweep. One whose job could not be
   * added any more, because this process died, is found by the next repair.
   * @throws {ValidationError} for bad options; {StateError} `STORE_FULL`; {BackendUnavailableError}.
   */
  async import(
    chunks: AsyncIterable<Uint8Array>,
    options: ImportOptions = {},
    { signal, onRefused, onLine }: ImportControl = {},
  ): Promise<ImportReport> {
    const { dryRun } = parseOptions(importOptionsSchema, options, 'the import');
    const report: ImportReport = { read: 0, imported: 0, resumed: 0, existing: 0, refused: 0 };
    for await (const line of splitLines(chunks, MAX_LINE_LENGTH)) {
      if (signal?.aborted) break;
      report.read++;
      const reason = await this.#importLine(line, dryRun, report);
      if (reason !== undefined) {
        report.refused++;
        onRefused?.(line.number, reason);
      }
      onLine?.(report);
    }
    return report;
  }

  /** @returns why the line is refused. */
  async #importLine(
    { text }: NumberedLine,
    dryRun: boolean,
    report: ImportReport,
  ): Promise<string | undefined> {
    if (text === null) return `has more than ${MAX_LINE_LENGTH} characters`;
    const parsed = fromLine(text);
    if ('reason' in parsed) return parsed.reason;
    const { copy } = parsed;
    const { facts, state } = copy;
    try {
      const conflict = await (dryRun ? this.copies.findConflict(copy) : this.copies.write(copy));
      if (conflict === 'key-taken') return 'its idempotency key stands for another execution here';
      if (conflict === 'exists') {
        report.existing++;
        return undefined;
      }
    } catch (error) {
      if (isStateError(error, 'INVALID_COMMIT')) return messageOf(error);
      throw error;
    }
    report.imported++;
    if (isFinished(state.status)) return undefined;
    if (!dryRun) await this.queue.add(facts, state.run);
    report.resumed++;
    return undefined;
  }

  /** The ids of a listing, page by page. */
  async *#pages({ statuses, workflowId, since, order }: ExportFilter): AsyncGenerator<string[]> {
    // Of several statuses all are listed: one that goes from one to the next would be missed between two listings.
    const status = statuses?.length === 1 ? statuses[0] : undefined;
    const index = listingIndex({ status, workflowId });
    const from = since === undefined ? Number.NEGATIVE_INFINITY : Date.parse(since);
    const options: IndexListOptions = { limit: 500, order: order === 'oldest' ? 'asc' : 'desc' };
    do {
      const page = await this.state.list(index, options);
      const wanted = page.items.filter(({ score }) => score >= from);
      yield wanted.map(({ member }) => member);
      if (order === 'newest' && wanted.length < page.items.length) return;
      options.cursor = page.nextCursor ?? undefined;
    } while (options.cursor !== undefined);
  }
}

type ExportFilter = ReturnType<typeof exportOptionsSchema.parse>;

function isAskedFor({ state }: ExecutionCopy, { statuses }: ExportFilter): boolean {
  return statuses === undefined || statuses.includes(state.status);
}

import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import pLimit, { type LimitFunction } from 'p-limit';
import { jsonProblems, runInTurns, turnOver, untilAborted, type ValidationError, type Work } from '#core';
import { QueueError } from '#queue';
import type { CompiledWorkflow } from './compiled-workflow.js';
import type { Workflow } from './workflow.js';
import { ProblemList } from './problem-list.js';
import { RecentDocuments } from './recent-documents.js';
import { workflowValidation } from './validate-workflow.js';
import { checkCapabilities, checkStepCount, type WorkflowChecks } from './workflow-checks.js';

/** Compiled workflows that are kept. */
const MAX_CACHED_WORKFLOWS = 500;

/** What all that are kept may take together: UTF-16 units of their text, and {@link PART_SIZE} a part. */
const MAX_CACHED_SIZE = 16_777_216;

/** A larger one is compiled each time: it would push out many others. */
export const MAX_CACHED_DOCUMENT_SIZE = 524_288;

/** A part of an expression takes about 300 bytes. */
const PART_SIZE = 150;

/** Text of a document that counts as large, in UTF-16 units. Below, compiling it takes a few ms and as many MB at most. */
const LARGE_DOCUMENT_TEXT = 16_384;

/** Large documents compiled at once, at the door and by runs each; the next one waits in line. */
const MAX_LARGE_AT_ONCE = 2;

/** Large documents in that line at the door, each of which is in memory already. */
export const MAX_LARGE_WAITING = 32;

/** Other documents compiled at once at the door. */
const MAX_SMALL_AT_ONCE = 1_000;

/** Compiles workflow documents, and remembers the last ones by their text: the same few are run again and again. */
@Injectable()
export class WorkflowCompiler {
  /** Those of {@link #cache} by their frozen documents, which a store in memory gives back as they are. */
  readonly #byDocument = new WeakMap<Workflow, CompiledWorkflow>();
  readonly #cache = new LRUCache<string, CompiledWorkflow>({
    max: MAX_CACHED_WORKFLOWS,
    maxSize: MAX_CACHED_SIZE,
    maxEntrySize: MAX_CACHED_DOCUMENT_SIZE,
    sizeCalculation: ({ parts }, text) => text.length + parts * PART_SIZE,
    dispose: ({ document }) => this.#byDocument.delete(document),
  });
  readonly #recent = new RecentDocuments();
  readonly #largeAtDoor = pLimit(MAX_LARGE_AT_ONCE);
  readonly #largeOfRuns = pLimit(MAX_LARGE_AT_ONCE);
  #smallAtDoor = 0;

  /**
   * Compiles a document from outside, in turns with all that goes on in the process: small ones and large ones keep
   * nobody from the event loop, and small ones do not wait for large ones. At once, without a promise, if it is known.
   * @throws {ValidationError} with every problem, see `validateWorkflow`; {QueueError} `QUEUE_FULL` when too many are
   *   being compiled already; the signal's reason.
   */
  compile(
    raw: unknown,
    checks: WorkflowChecks = {},
    signal?: AbortSignal,
  ): CompiledWorkflow | Promise<CompiledWorkflow> {
    const pause = turnOver();
    return pause === undefined
      ? this.#compile(raw, checks, signal)
      : pause.then(() => this.#compile(raw, checks, signal));
  }

  #compile(
    raw: unknown,
    checks: WorkflowChecks,
    signal: AbortSignal | undefined,
  ): CompiledWorkflow | Promise<CompiledWorkflow> {
    const recent = this.#recent.find(raw);
    // What is not JSON may have the text of something that is: NaN that of null.
    const text = recent === undefined && jsonProblems(raw).length === 0 ? JSON.stringify(raw) : undefined;
    const known = recent ?? (text === undefined ? undefined : this.#cache.get(text));
    if (known === undefined) return this.#compileText(raw, text, checks, signal);
    if (text !== undefined && !isLarge(text)) this.#recent.note(raw, known);
    const refusal = refusalOf(known, checks);
    return refusal === undefined ? known : Promise.reject(refusal);
  }

  async #compileText(
    raw: unknown,
    text: string | undefined,
    checks: WorkflowChecks,
    signal: AbortSignal | undefined,
  ): Promise<CompiledWorkflow> {
    const work = text === undefined ? workflowValidation(raw, checks) : compilation(text, checks);
    const compiled = await this.#enter(text, work, signal);
    if (text !== undefined && text.length > MAX_CACHED_DOCUMENT_SIZE) return compiled;
    if (text !== undefined) this.#cache.set(text, compiled);
    // It is stored, and read back to be run, with the defaults filled in.
    this.#remember(JSON.stringify(compiled.document), compiled);
    return compiled;
  }

  /** The one made of this very document, if it is remembered; otherwise {@link restore} it. */
  known(document: Workflow): CompiledWorkflow | undefined {
    return this.#byDocument.get(document);
  }

  /**
   * Compiles a document that was accepted before and is read back from a store. Pools may have gone and limits changed
   * since, which its execution will tell; everything else is checked again.
   * @param document as JSON brings it.
   * @throws {ValidationError} if it was damaged; the signal's reason.
   */
  async restore(document: unknown, signal?: AbortSignal): Promise<CompiledWorkflow> {
    const text = JSON.stringify(document);
    const known = this.#cache.get(text);
    if (known !== undefined) return known;
    const work = workflowValidation(document, {});
    const compiled = await (isLarge(text)
      ? runInLine(this.#largeOfRuns, work, signal)
      : runInTurns(work, signal));
    this.#remember(text, compiled);
    return compiled;
  }

  #remember(text: string, compiled: CompiledWorkflow): void {
    this.#cache.set(text, compiled);
    if (this.#cache.has(text)) this.#byDocument.set(compiled.document, compiled);
  }

  /** @throws {QueueError} `QUEUE_FULL` instead of doing the work. */
  async #enter<T>(text: string | undefined, work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    if (isLarge(text)) {
      if (this.#largeAtDoor.pendingCount >= MAX_LARGE_WAITING) throw tooMany('large ');
      return runInLine(this.#largeAtDoor, work, signal);
    }
    if (this.#smallAtDoor >= MAX_SMALL_AT_ONCE) throw tooMany('');
    this.#smallAtDoor++;
    try {
      return await runInTurns(work, signal);
    } finally {
      this.#smallAtDoor--;
    }
  }
}

/** An abort is heard at once, also by those who wait in the line; their turn takes no time then. */
function runInLine<T>(line: LimitFunction, work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
  const result = line(() => runInTurns(work, signal));
  return signal === undefined ? result : untilAborted(result, signal);
}

/** From the text: between two turns the caller may change the document, which would then be kept under that text. */
function* compilation(text: string, checks: WorkflowChecks): Work<CompiledWorkflow> {
  const document: unknown = JSON.parse(text);
  yield;
  return yield* workflowValidation(document, checks);
}

/** What has no text, because it is not JSON, may be of any size. */
function isLarge(text: string | undefined): boolean {
  return text === undefined || text.length > LARGE_DOCUMENT_TEXT;
}

function tooMany(size: string): QueueError {
  return new QueueError('QUEUE_FULL', `too many ${size}workflow documents are being compiled already`, {
    retryable: true,
  });
}

/** What depends on where a workflow runs, of one that is valid otherwise. */
function refusalOf(
  { document: { steps } }: CompiledWorkflow,
  checks: WorkflowChecks,
): ValidationError | undefined {
  const problems = new ProblemList(checks.prefix ?? []);
  checkStepCount(steps.length, checks, problems);
  if (problems.isEmpty) checkCapabilities(steps, checks, problems);
  return problems.errorOf('workflow');
}

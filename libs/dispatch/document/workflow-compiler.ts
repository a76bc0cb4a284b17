import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { jsonProblems } from '#core';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { ProblemList } from './problem-list.js';
import { validateWorkflow } from './validate-workflow.js';
import { checkCapabilities, checkStepCount, type WorkflowChecks } from './workflow-checks.js';

/** Compiled workflows that are kept. */
const MAX_CACHED_WORKFLOWS = 500;

/** Text of all documents that are kept, in UTF-16 units; what is compiled from them takes a few times as much. */
const MAX_CACHED_TEXT = 8_388_608;

/** A document with a longer text is compiled each time: it would push out many others. */
export const MAX_CACHED_DOCUMENT_TEXT = 262_144;

/** Compiles workflow documents, and remembers the last ones by their text: the same few are run again and again. */
@Injectable()
export class WorkflowCompiler {
  readonly #cache = new LRUCache<string, CompiledWorkflow>({
    max: MAX_CACHED_WORKFLOWS,
    maxSize: MAX_CACHED_TEXT,
    maxEntrySize: MAX_CACHED_DOCUMENT_TEXT,
    sizeCalculation: (_compiled, text) => text.length,
  });

  /**
   * Compiles a document from outside.
   * @throws {ValidationError} with every problem; see `validateWorkflow`.
   */
  compile(raw: unknown, checks: WorkflowChecks = {}): CompiledWorkflow {
    // What is not JSON may have the text of something that is: NaN that of null.
    const text = jsonProblems(raw).length === 0 ? JSON.stringify(raw) : undefined;
    const known = text === undefined ? undefined : this.#cache.get(text);
    if (known !== undefined) {
      check(known, checks);
      return known;
    }
    const compiled = validateWorkflow(raw, checks);
    if (text !== undefined) this.#cache.set(text, compiled);
    // It is stored, and read back to be run, with the defaults filled in.
    this.#cache.set(JSON.stringify(compiled.document), compiled);
    return compiled;
  }

  /**
   * Compiles a document that was accepted before and is read back from a store. Pools may have gone and limits changed
   * since, which its execution will tell; everything else is checked again.
   * @param document as JSON brings it.
   * @throws {ValidationError} if it was damaged.
   */
  restore(document: unknown): CompiledWorkflow {
    const text = JSON.stringify(document);
    const known = this.#cache.get(text);
    if (known !== undefined) return known;
    const compiled = validateWorkflow(document);
    this.#cache.set(text, compiled);
    return compiled;
  }
}

/** What depends on where a workflow runs, of one that is valid otherwise. */
function check({ document: { steps } }: CompiledWorkflow, checks: WorkflowChecks): void {
  const problems = new ProblemList(checks.prefix ?? []);
  checkStepCount(steps.length, checks, problems);
  if (problems.isEmpty) checkCapabilities(steps, checks, problems);
  problems.throwIfAny('workflow');
}

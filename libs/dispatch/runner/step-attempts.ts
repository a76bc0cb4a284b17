import type { AgentProgress } from '#agent-pool';
import type { AbortedError, Clock, ErrorRecord, JsonValue } from '#core';
import type { CompiledStep } from '../document/compiled-workflow.js';
import type { PlannedEvent } from '../execution/execution-event.js';
import { PENDING_STEP, type StepRecord, type StepStatus } from '../execution/execution.js';
import type { RunContext } from './run-context.js';

/** Progress reports of one attempt that are logged; an agent may report as often as it likes. */
export const MAX_PROGRESS_EVENTS = 100;

/** Longest message of a progress report that is logged, in UTF-16 units. */
export const MAX_PROGRESS_MESSAGE_LENGTH = 1_000;

/** The record of one step while its attempts go on; every change is noted in the journal. */
export class StepAttempts {
  #record: StepRecord;
  /** Attempts that may have begun beside those on record; they are counted with the next one. */
  #unrecorded: number;
  #startedAtMs: number | undefined;
  #progressCount = 0;
  /** The attempt under way, 1-based; undefined between two, and when the step has ended. */
  #current: number | undefined;

  constructor(
    private readonly step: CompiledStep,
    private readonly run: RunContext,
    private readonly clock: Clock,
  ) {
    // A step that an earlier worker had begun goes on counting: its effects may have happened already. The start of an
    // attempt is not waited for, so one that may have begun without a record counts too.
    this.#unrecorded = run.mayHaveBegun(step) ? 1 : 0;
    this.#record = { ...PENDING_STEP, attempts: run.steps[step.id]?.attempts ?? 0 };
  }

  /** Attempts begun, by earlier workers too. */
  get count(): number {
    return this.#record.attempts + this.#unrecorded;
  }

  /** @returns the attempt's number, 1-based. */
  start(agentId: string): number {
    const { executionId, workflowId, stepId, capability } = this.#subject();
    this.#startedAtMs = this.clock.monotonic();
    this.#progressCount = 0;
    const attempt = this.count + 1;
    this.#unrecorded = 0;
    this.#current = attempt;
    this.#record = {
      status: 'running',
      attempts: attempt,
      agentId,
      startedAt: this.clock.timestamp(),
      finishedAt: null,
      output: null,
      error: null,
    };
    // What is written out here and below is so in every execution; properties added to a copy would cost µs.
    const data = { executionId, workflowId, stepId, capability, attempt, agentId };
    this.#note({ type: 'step.started', data });
    this.run.journal.flushSoon();
    return attempt;
  }

  /** Whatever the agent says in it: a report must not harm the run. Too many, and late ones, are dropped. */
  progress(attempt: number, report: Partial<AgentProgress> | null | undefined): void {
    const { progress, total, message } = report ?? {};
    if (attempt !== this.#current || !isNumber(progress) || this.#progressCount >= MAX_PROGRESS_EVENTS)
      return;
    this.#progressCount++;
    const data = {
      ...this.#subject(),
      attempt,
      progress,
      total: isNumber(total) ? total : null,
      message: typeof message === 'string' ? message.slice(0, MAX_PROGRESS_MESSAGE_LENGTH) : null,
    };
    this.run.journal.noteEvent({ type: 'step.progress', data });
    this.run.journal.flushSoon();
  }

  retrying(error: ErrorRecord, delayMs: number): void {
    this.#current = undefined;
    this.#record = { ...this.#record, error };
    this.#note({
      type: 'step.retrying',
      data: { ...this.#subject(), attempt: this.#record.attempts, delayMs, error },
    });
    this.run.journal.flushSoon();
  }

  skip(reason: 'when' | 'dependency'): StepRecord {
    this.#end('skipped', null, null);
    return this.#note({ type: 'step.skipped', data: { ...this.#subject(), reason } });
  }

  complete(output: JsonValue): StepRecord {
    const { executionId, workflowId, stepId, capability } = this.#subject();
    this.#end('completed', output, null);
    const { attempts: attempt, agentId } = this.#record;
    const durationMs = this.#durationMs;
    const data = {
      executionId,
      workflowId,
      stepId,
      capability,
      attempt,
      agentId: agentId ?? '',
      durationMs,
    };
    return this.#note({ type: 'step.completed', data });
  }

  fail(error: ErrorRecord): StepRecord {
    this.#end('failed', null, error);
    const { attempts: attempt, agentId } = this.#record;
    return this.#note({
      type: 'step.failed',
      data: { ...this.#subject(), attempt, agentId, durationMs: this.#durationMs, error },
    });
  }

  /** A step that never reached an agent stays `pending`; one interrupted by a shutdown will run again. */
  cancel({ code, message, kind }: AbortedError): void {
    this.#current = undefined;
    if (this.#record.attempts === 0 || kind === 'shutdown' || kind === 'lost-lease') return;
    this.#end('cancelled', null, { code, message, retryable: false });
    this.#note({ type: 'step.cancelled', data: { ...this.#subject(), attempt: this.#record.attempts } });
  }

  #subject(): { executionId: string; workflowId: string; stepId: string; capability: string } {
    const { executionId, workflowId } = this.run.facts;
    return { executionId, workflowId, stepId: this.step.id, capability: this.step.capability };
  }

  get #durationMs(): number {
    return this.#startedAtMs === undefined ? 0 : this.clock.monotonic() - this.#startedAtMs;
  }

  #end(status: StepStatus, output: JsonValue, error: ErrorRecord | null): void {
    this.#current = undefined;
    this.#record = { ...this.#record, status, output, error, finishedAt: this.clock.timestamp() };
  }

  #note(event: PlannedEvent): StepRecord {
    this.run.steps[this.step.id] = this.#record;
    this.run.journal.noteStep(this.step.id, this.#record, event);
    return this.#record;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

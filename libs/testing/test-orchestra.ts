import type { INestApplicationContext } from '@nestjs/common';
import { AgentPool } from '#agent-pool';
import { ManualClock, type Clock } from '#core';
import {
  EXECUTION_STATUSES,
  WorkflowDispatcher,
  isFinished,
  type Execution,
  type ExecutionStatus,
  type StepRecord,
  type StepStatus,
} from '#dispatch';
import { OrchestraEvents } from '#events';
import { ExecutionLog, type SeenExecution } from './execution-log.js';
import { describeSelector, selects, type ExecutionSelector } from './execution-selector.js';
import { Waits, type WaitLimit } from './waits.js';

/** What of a manual clock a close may take: more than all graces of the house together. */
const CLOSE_TURNS = 600;
const CLOSE_TURN_MS = 1_000;

const FINAL_STATUSES = EXECUTION_STATUSES.filter(isFinished);
const FINAL_STEP_STATUSES: readonly StepStatus[] = ['completed', 'failed', 'skipped', 'cancelled'];

/** An orchestra in memory that a test looks into and whose time it turns; made by `createTestOrchestra`. */
export class TestOrchestra<C extends Clock = ManualClock> implements AsyncDisposable {
  readonly app: INestApplicationContext;
  readonly dispatcher: WorkflowDispatcher;
  readonly pool: AgentPool;
  readonly events: OrchestraEvents;
  readonly clock: C;
  readonly #waits = new Waits();
  readonly #log: ExecutionLog;
  #closed: Promise<void> | undefined;

  constructor(app: INestApplicationContext, clock: C) {
    this.app = app;
    this.dispatcher = app.get(WorkflowDispatcher, { strict: false });
    this.pool = app.get(AgentPool, { strict: false });
    this.events = app.get(OrchestraEvents, { strict: false });
    this.clock = clock;
    this.#log = new ExecutionLog(this.events, () => this.#waits.changed());
  }

  /**
   * An execution as soon as it has, or has had, a status; as it is then.
   *
   * @param status Default: any final one.
   * @throws {TestingError} `WAIT_TIMEOUT`, listing the executions that were seen; `ORCHESTRA_CLOSED`.
   */
  async waitForExecution(
    selector: ExecutionSelector,
    status?: ExecutionStatus,
    limit?: WaitLimit,
  ): Promise<Execution> {
    const wanted = status === undefined ? FINAL_STATUSES : [status];
    const { executionId } = await this.#seen(
      (seen) => selects(selector, seen) && seen.statuses.some((had) => wanted.includes(had)),
      `${describeSelector(selector)} that is ${wanted.join(' or ')}`,
      limit,
    );
    return this.dispatcher.get(executionId);
  }

  /**
   * A step as soon as it has, or has had, a status; as it is then.
   *
   * @param status Default: any final one.
   * @throws as `waitForExecution`.
   */
  async waitForStep(
    selector: ExecutionSelector,
    stepId: string,
    status?: StepStatus,
    limit?: WaitLimit,
  ): Promise<StepRecord> {
    const wanted = status === undefined ? FINAL_STEP_STATUSES : [status];
    const { executionId } = await this.#seen(
      (seen) => selects(selector, seen) && (seen.steps[stepId] ?? []).some((had) => wanted.includes(had)),
      `step "${stepId}" of ${describeSelector(selector)} that is ${wanted.join(' or ')}`,
      limit,
    );
    const { steps } = await this.dispatcher.get(executionId);
    return steps[stepId] as StepRecord;
  }

  /** Ends the orchestra and turns its manual clock for it: what still runs is cancelled. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#waits.close();
    this.#log.close();
    let open = true;
    const closing = this.app.close().finally(() => (open = false));
    const isOpen = (): boolean => open;
    if (this.clock instanceof ManualClock)
      for (let turn = 0; isOpen() && turn < CLOSE_TURNS; turn++) await this.clock.advance(CLOSE_TURN_MS);
    await closing;
  }

  #seen(
    matches: (seen: SeenExecution) => boolean,
    what: string,
    limit: WaitLimit | undefined,
  ): Promise<SeenExecution> {
    const find = (): SeenExecution | undefined => {
      for (const seen of this.#log.executions()) if (matches(seen)) return seen;
      return undefined;
    };
    const missing = (): string =>
      [`${what}. Seen: ${this.#log.toString()}`, ...this.#missingAgents()].join('. ');
    return this.#waits.until(find, missing, limit);
  }

  /** An agent that could not be made is tried again after a back-off, which a manual clock has to be turned for. */
  #missingAgents(): string[] {
    return this.pool
      .agents()
      .flatMap(({ capability, error }) =>
        error === null ? [] : [`An agent of "${capability}" is not there: ${error.code} ${error.message}`],
      );
  }
}

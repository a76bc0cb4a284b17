import type { ErrorRecord } from '#core';

interface ExecutionEvent {
  executionId: string;
  workflowId: string;
}

interface StepEvent extends ExecutionEvent {
  stepId: string;
  capability: string;
}

interface AgentEvent {
  agentId: string;
  capability: string;
}

interface PoolEvent {
  capability: string;
}

interface ScheduleEvent {
  scheduleId: string;
}

/** `failures`: its agents fail too often, its breaker opened. `no-agents`: none of them can be made. */
export type UnavailableReason = 'failures' | 'no-agents';

interface FinishedExecution extends ExecutionEvent {
  /** From the (latest) start to the end; 0 when it never started. */
  durationMs: number;
}

/**
 * Every lifecycle change of the house, by name: the one list that metrics, telemetry and live streams subscribe to.
 * Payloads are plain JSON, small, and never hold a task's input or output.
 */
export interface OrchestraEventMap {
  /** Accepted and waiting; `retry` when a finished execution was asked to run again. */
  'execution.queued': ExecutionEvent & { priority: number; retry: boolean };
  /** A worker took it. `waitedMs`: since it was queued. `recovered`: an earlier worker had begun it. */
  'execution.started': ExecutionEvent & { strategy: string; waitedMs: number; recovered: boolean };
  'execution.completed': FinishedExecution;
  'execution.failed': FinishedExecution & { error: ErrorRecord };
  'execution.cancelled': FinishedExecution & { error: ErrorRecord };
  'execution.timed_out': FinishedExecution & { error: ErrorRecord };

  /** An attempt of a step was handed to an agent. */
  'step.started': StepEvent & { attempt: number; agentId: string };
  'step.completed': StepEvent & { attempt: number; agentId: string; durationMs: number };
  /** Final: no attempt follows. `agentId` is null when no agent was reached. */
  'step.failed': StepEvent & {
    attempt: number;
    agentId: string | null;
    durationMs: number;
    error: ErrorRecord;
  };
  'step.retrying': StepEvent & { attempt: number; delayMs: number; error: ErrorRecord };
  /** `when` was false, or a step it depends on failed with `onError: skip`. */
  'step.skipped': StepEvent & { reason: 'when' | 'dependency' };
  /** Was in flight when its execution was stopped. */
  'step.cancelled': StepEvent & { attempt: number };
  /** What an agent reported about its task under way. */
  'step.progress': StepEvent & {
    attempt: number;
    progress: number;
    total: number | null;
    message: string | null;
  };

  /**
   * An execution that was not finished had no job, for whoever accepted it died or lost its backend before it added one;
   * now it has. `status`: how far it had come.
   */
  'queue.repaired': ExecutionEvent & { status: 'pending' | 'running' };

  'agent.started': AgentEvent & { durationMs: number };
  /**
   * `create`: it could not be made. The others were there, and another takes their place: `abandoned` ignored the abort
   * of a task, `unhealthy` failed its pings, `lost` said itself that it is gone. `retryInMs`: until one is made again.
   */
  'agent.failed': AgentEvent & {
    reason: 'create' | 'abandoned' | 'unhealthy' | 'lost';
    error: ErrorRecord;
    retryInMs: number;
  };
  /** Failed too often: nothing is tried with it for `retryInMs`, and its pool is degraded. */
  'agent.quarantined': AgentEvent & { error: ErrorRecord; retryInMs: number };
  /** Is back after a failure. `attempts`: creates that took; 0 when it was there and its pings succeed again. */
  'agent.recovered': AgentEvent & { attempts: number };
  'agent.stopped': AgentEvent & { tasks: number };

  /**
   * Leases of the pool are refused from now on; again each time that its breaker opens anew after a probe, and when the
   * pool is resumed while its breaker is open. `tasks` and `failures`: in the window of its breaker. `refused`: leases
   * that waited.
   */
  'pool.unavailable': PoolEvent & {
    reason: UnavailableReason;
    retryAfterMs: number;
    tasks: number;
    failures: number;
    usableAgents: number;
    refused: number;
  };
  /** What is told by `reason` is over; `unavailableMs`: since it began. */
  'pool.available': PoolEvent & { reason: UnavailableReason; unavailableMs: number; usableAgents: number };
  /**
   * It was decided how many agents a pool has, and they are begun or leave. `waiting`: leases wait; `utilization`: more
   * slots are taken than shall be; `failing`: agents that fail are made up for; `surplus`: the load was lower for long
   * enough; `resized`: it was told to. The figures are those of the decision: leases held, leases that wait, and slots of
   * the agents that work or soon will.
   */
  'pool.scaled': PoolEvent & {
    from: number;
    to: number;
    reasons: readonly ('waiting' | 'utilization' | 'failing' | 'surplus' | 'resized')[];
    busy: number;
    waiting: number;
    capacity: number;
  };
  /** No lease of it is granted any more. `busy`: leases held; `waiting`: leases that wait. */
  'pool.draining': PoolEvent & { busy: number; waiting: number };
  /** Leases are granted again, to those who waited first. */
  'pool.resumed': PoolEvent & { waiting: number };

  'schedule.created': ScheduleEvent & { workflowId: string; nextAt: string };
  /** `finished`: it was of a single time, which has come. */
  'schedule.deleted': ScheduleEvent & { reason: 'requested' | 'finished' };
  /** What it is for was submitted. `at`: when it was due; `lateMs`: how much later it was. */
  'schedule.fired': ScheduleEvent & ExecutionEvent & { at: string; lateMs: number };
  /**
   * Nothing was submitted, and it goes on with its next time. `missed`: it is too late, and those times that passed
   * meanwhile are skipped with it; `refused`: the submit was, for `error`.
   */
  'schedule.skipped': ScheduleEvent & {
    at: string;
    reason: 'missed' | 'refused';
    error: ErrorRecord | null;
  };
  /** The job of its next time was missing, and was added. */
  'schedule.repaired': ScheduleEvent & { nextAt: string };
}

export type OrchestraEventType = keyof OrchestraEventMap;

/** A record and not a list: the compiler misses none. */
const TYPES: Record<OrchestraEventType, true> = {
  'execution.queued': true,
  'execution.started': true,
  'execution.completed': true,
  'execution.failed': true,
  'execution.cancelled': true,
  'execution.timed_out': true,
  'step.started': true,
  'step.completed': true,
  'step.failed': true,
  'step.retrying': true,
  'step.skipped': true,
  'step.cancelled': true,
  'step.progress': true,
  'queue.repaired': true,
  'agent.started': true,
  'agent.failed': true,
  'agent.quarantined': true,
  'agent.recovered': true,
  'agent.stopped': true,
  'pool.unavailable': true,
  'pool.available': true,
  'pool.scaled': true,
  'pool.draining': true,
  'pool.resumed': true,
  'schedule.created': true,
  'schedule.deleted': true,
  'schedule.fired': true,
  'schedule.skipped': true,
  'schedule.repaired': true,
};

/** The name of every event, for those who are asked for one from outside. */
export const EVENT_TYPES = Object.keys(TYPES) as readonly OrchestraEventType[];

/** What tells an event from every other, beside what it says. */
export interface EventMeta {
  /** Unique, and the same wherever the event is seen: as it is published, in the log of its execution, in a live stream. */
  readonly id: string;
  /** When it happened, ISO 8601. */
  readonly time: string;
  /** Of an execution and its steps: of which run, 1, and one more with every retry. */
  readonly run?: number;
}

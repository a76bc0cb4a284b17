import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { OrchestraEvents, type OrchestraEventMap } from '#events';
import { MetricsService } from './metrics.service.js';
import { CounterTally, HistogramTally } from './tallies.js';

/** 5 ms to 5 min: from a step that answers from memory to one that waits for a model. */
const DURATION_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

const FINAL_STATUSES = ['completed', 'failed', 'cancelled', 'timed_out'] as const;
const STEP_STATUSES = ['completed', 'failed', 'skipped', 'cancelled'] as const;

/** From the events of executions, steps, agents and pools to instruments. Labels come from configuration, never from requests. */
@Injectable()
export class ExecutionMetrics implements OnApplicationShutdown {
  readonly #unsubscribe: (() => void)[];

  constructor(events: OrchestraEvents, metrics: MetricsService) {
    const submitted = metrics.counter({
      name: 'orchestra_executions_submitted_total',
      help: 'Executions accepted, retries of finished ones included.',
    });
    const finished = metrics.counter({
      name: 'orchestra_executions_finished_total',
      help: 'Executions ended, by final status.',
      labels: ['status'],
    });
    const startLatency = metrics.histogram(
      {
        name: 'orchestra_execution_start_latency_seconds',
        help: 'From submission to the start of the execution; the budget is a p95 of 0.25.',
      },
      DURATION_BUCKETS_SECONDS,
    );
    const duration = metrics.histogram(
      {
        name: 'orchestra_execution_duration_seconds',
        help: 'From the start of an execution to its end, by final status.',
        labels: ['status'],
      },
      DURATION_BUCKETS_SECONDS,
    );
    const steps = metrics.counter({
      name: 'orchestra_steps_finished_total',
      help: 'Steps ended, by final status.',
      labels: ['status'],
    });
    const stepDuration = metrics.histogram(
      {
        name: 'orchestra_step_duration_seconds',
        help: "The successful attempt of a step, by its pool's capability.",
        labels: ['capability'],
      },
      DURATION_BUCKETS_SECONDS,
    );
    const retries = metrics.counter({
      name: 'orchestra_step_retries_total',
      help: 'Attempts of steps that failed and were followed by another, by capability.',
      labels: ['capability'],
    });
    const abandoned = metrics.counter({
      name: 'orchestra_tasks_abandoned_total',
      help: 'Tasks given up because they ignored their aborted signal, by capability.',
      labels: ['capability'],
    });
    const agentFailures = metrics.counter({
      name: 'orchestra_agent_failures_total',
      help: 'Agents that could not be made or were given up, by capability and reason.',
      labels: ['capability', 'reason'],
    });
    const restarts = metrics.counter({
      name: 'orchestra_agent_restarts_total',
      help: 'Agents that were made anew after a failure and are there again, by capability.',
      labels: ['capability'],
    });
    const unavailable = metrics.counter({
      name: 'orchestra_pool_unavailable_total',
      help: 'Times that a pool began to refuse tasks, or its breaker opened again or was open at a resume, by capability and reason.',
      labels: ['capability', 'reason'],
    });
    const quarantines = metrics.counter({
      name: 'orchestra_agent_quarantines_total',
      help: 'Times that an agent failed too often and was left alone for a while, by capability.',
      labels: ['capability'],
    });
    const scalings = metrics.counter({
      name: 'orchestra_pool_scalings_total',
      help: 'Changes of the number of agents, by capability and reason; one with two reasons counts for each.',
      labels: ['capability', 'reason'],
    });
    const recoveries = metrics.counter({
      name: 'orchestra_executions_recovered_total',
      help: 'Executions that an earlier worker had begun and this process went on with.',
    });
    const poisoned = metrics.counter({
      name: 'orchestra_executions_poisoned_total',
      help: 'Executions failed because they were lost with a worker too often; each deserves a look.',
    });
    const repaired = metrics.counter({
      name: 'orchestra_queue_repairs_total',
      help: 'Executions that were not finished and had no job, and were given one.',
    });

    for (const status of FINAL_STATUSES) finished.inc({ status }, 0);
    for (const status of STEP_STATUSES) steps.inc({ status }, 0);

    const submittedTally = new CounterTally(submitted);
    const finishedTally = new CounterTally(finished, 'status');
    const startLatencyTally = new HistogramTally(startLatency, DURATION_BUCKETS_SECONDS);
    const durationTally = new HistogramTally(duration, DURATION_BUCKETS_SECONDS, 'status');
    const stepsTally = new CounterTally(steps, 'status');
    const stepDurationTally = new HistogramTally(stepDuration, DURATION_BUCKETS_SECONDS, 'capability');

    const end = (status: (typeof FINAL_STATUSES)[number], { durationMs }: { durationMs: number }): void => {
      finishedTally.inc(status);
      durationTally.observe(durationMs / 1_000, status);
    };
    this.#unsubscribe = [
      events.on('execution.queued', () => submittedTally.inc()),
      events.on('execution.started', ({ waitedMs, recovered }) => {
        if (recovered) recoveries.inc();
        else startLatencyTally.observe(waitedMs / 1_000);
      }),
      events.on('execution.completed', (data) => end('completed', data)),
      events.on('execution.failed', (data) => {
        end('failed', data);
        if (data.error.code === 'POISONED') poisoned.inc();
      }),
      events.on('queue.repaired', () => repaired.inc()),
      events.on('execution.cancelled', (data) => end('cancelled', data)),
      events.on('execution.timed_out', (data) => end('timed_out', data)),
      events.on('step.completed', ({ capability, durationMs }: OrchestraEventMap['step.completed']) => {
        stepsTally.inc('completed');
        stepDurationTally.observe(durationMs / 1_000, capability);
      }),
      events.on('step.failed', () => stepsTally.inc('failed')),
      events.on('step.skipped', () => stepsTally.inc('skipped')),
      events.on('step.cancelled', () => stepsTally.inc('cancelled')),
      events.on('step.retrying', ({ capability }) => retries.inc({ capability })),
      events.on('agent.failed', ({ capability, reason }) => {
        agentFailures.inc({ capability, reason });
        if (reason === 'abandoned') abandoned.inc({ capability });
      }),
      events.on('agent.recovered', ({ capability, attempts }) => {
        // None: it answers its pings again, and was not made anew.
        if (attempts > 0) restarts.inc({ capability });
      }),
      events.on('agent.quarantined', ({ capability }) => quarantines.inc({ capability })),
      events.on('pool.unavailable', ({ capability, reason }) => unavailable.inc({ capability, reason })),
      events.on('pool.scaled', ({ capability, reasons }) => {
        for (const reason of reasons) scalings.inc({ capability, reason });
      }),
    ];
  }

  /** Late: what a drain still runs is counted too. */
  onApplicationShutdown(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

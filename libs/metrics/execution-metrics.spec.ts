import { Logger } from '@nestjs/common';
import { OrchestraEvents, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { ExecutionMetrics } from './execution-metrics.js';
import { MetricsService } from './metrics.service.js';
import { samplesOf } from './testing/samples-of.js';

const execution = { executionId: 'e', workflowId: 'w' };
const step = { ...execution, stepId: 's', capability: 'files', attempt: 1, agentId: 'files-1' };
const agent = { agentId: 'files-1', capability: 'files' };
const error = { code: 'X', message: 'x', retryable: false };

/** What a histogram gains by one value: it, and one in every bucket that it fits into. */
function observed(name: string, seconds: number, label = ''): Record<string, number> {
  const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];
  const fitting = [...buckets.filter((bucket) => seconds <= bucket).map(String), '+Inf'];
  const labels = label === '' ? '' : `{${label}}`;
  return {
    ...Object.fromEntries(
      fitting.map((le) => [`${name}_bucket{le="${le}"${label === '' ? '' : `,${label}`}}`, 1]),
    ),
    [`${name}_count${labels}`]: 1,
    [`${name}_sum${labels}`]: seconds,
  };
}

describe('ExecutionMetrics', () => {
  let events: OrchestraEvents;
  let metrics: MetricsService;
  let subscriptions: ExecutionMetrics;

  beforeEach(() => {
    events = new OrchestraEvents();
    metrics = new MetricsService();
    subscriptions = new ExecutionMetrics(events, metrics);
  });

  /** The samples that grew, and by how much. */
  async function growthBy(act: () => void): Promise<Record<string, number>> {
    const before = await samplesOf(metrics.registry);
    act();
    const after = Object.entries(await samplesOf(metrics.registry));
    return Object.fromEntries(
      after
        .map(([name, value]): [string, number] => [name, value - (before[name] ?? 0)])
        .filter(([, growth]) => growth !== 0),
    );
  }

  it('starts every status at 0, so that the first failure is a rise and not a new series', async () => {
    const samples = await samplesOf(metrics.registry);
    const zeros = Object.keys(samples).filter((name) => name.includes('_finished_total'));
    expect(zeros).toEqual([
      'orchestra_executions_finished_total{status="completed"}',
      'orchestra_executions_finished_total{status="failed"}',
      'orchestra_executions_finished_total{status="cancelled"}',
      'orchestra_executions_finished_total{status="timed_out"}',
      'orchestra_steps_finished_total{status="completed"}',
      'orchestra_steps_finished_total{status="failed"}',
      'orchestra_steps_finished_total{status="skipped"}',
      'orchestra_steps_finished_total{status="cancelled"}',
    ]);
    expect(new Set(Object.values(samples))).toEqual(new Set([0]));
  });

  const ended = (status: string): Record<string, number> => ({
    [`orchestra_executions_finished_total{status="${status}"}`]: 1,
    ...observed('orchestra_execution_duration_seconds', 1.5, `status="${status}"`),
  });
  const stepEnded = (status: string): Record<string, number> => ({
    [`orchestra_steps_finished_total{status="${status}"}`]: 1,
  });
  const agentFailed = (reason: string): Record<string, number> => ({
    [`orchestra_agent_failures_total{capability="files",reason="${reason}"}`]: 1,
  });

  type Case = {
    [T in OrchestraEventType]: [type: T, data: OrchestraEventMap[T], growth: Record<string, number>];
  }[OrchestraEventType];
  const started = { ...execution, strategy: 'hybrid', waitedMs: 250 };
  const cases: Case[] = [
    [
      'execution.queued',
      { ...execution, priority: 5, retry: false },
      { orchestra_executions_submitted_total: 1 },
    ],
    [
      'execution.queued',
      { ...execution, priority: 5, retry: true },
      { orchestra_executions_submitted_total: 1 },
    ],
    [
      'execution.started',
      { ...started, recovered: false },
      observed('orchestra_execution_start_latency_seconds', 0.25),
    ],
    ['execution.started', { ...started, recovered: true }, { orchestra_executions_recovered_total: 1 }],
    ['execution.completed', { ...execution, durationMs: 1_500 }, ended('completed')],
    ['execution.failed', { ...execution, durationMs: 1_500, error }, ended('failed')],
    [
      'execution.failed',
      { ...execution, durationMs: 1_500, error: { ...error, code: 'POISONED' } },
      { ...ended('failed'), orchestra_executions_poisoned_total: 1 },
    ],
    ['queue.repaired', { ...execution, status: 'running' }, { orchestra_queue_repairs_total: 1 }],
    ['execution.cancelled', { ...execution, durationMs: 1_500, error }, ended('cancelled')],
    ['execution.timed_out', { ...execution, durationMs: 1_500, error }, ended('timed_out')],
    ['step.started', step, {}],
    [
      'step.completed',
      { ...step, durationMs: 400_000 },
      {
        ...stepEnded('completed'),
        ...observed('orchestra_step_duration_seconds', 400, 'capability="files"'),
      },
    ],
    ['step.failed', { ...step, durationMs: 20, error }, stepEnded('failed')],
    ['step.skipped', { ...step, reason: 'when' }, stepEnded('skipped')],
    ['step.cancelled', step, stepEnded('cancelled')],
    [
      'step.retrying',
      { ...step, delayMs: 10, error },
      { 'orchestra_step_retries_total{capability="files"}': 1 },
    ],
    ['step.progress', { ...step, progress: 1, total: 2, message: null }, {}],
    ['agent.started', { ...agent, durationMs: 5 }, {}],
    ['agent.failed', { ...agent, reason: 'create', error, retryInMs: 1 }, agentFailed('create')],
    [
      'agent.failed',
      { ...agent, reason: 'abandoned', error, retryInMs: 0 },
      { ...agentFailed('abandoned'), 'orchestra_tasks_abandoned_total{capability="files"}': 1 },
    ],
    [
      'agent.recovered',
      { ...agent, attempts: 2 },
      { 'orchestra_agent_restarts_total{capability="files"}': 1 },
    ],
    ['agent.recovered', { ...agent, attempts: 0 }, {}],
    [
      'agent.quarantined',
      { ...agent, error, retryInMs: 60_000 },
      { 'orchestra_agent_quarantines_total{capability="files"}': 1 },
    ],
    ['agent.stopped', { ...agent, tasks: 2 }, {}],
    [
      'pool.scaled',
      {
        capability: 'files',
        from: 1,
        to: 3,
        reasons: ['waiting', 'failing'],
        busy: 1,
        waiting: 1,
        capacity: 1,
      },
      {
        'orchestra_pool_scalings_total{capability="files",reason="waiting"}': 1,
        'orchestra_pool_scalings_total{capability="files",reason="failing"}': 1,
      },
    ],
    [
      'pool.unavailable',
      {
        capability: 'files',
        reason: 'no-agents',
        retryAfterMs: 1_000,
        tasks: 0,
        failures: 0,
        usableAgents: 0,
        refused: 3,
      },
      { 'orchestra_pool_unavailable_total{capability="files",reason="no-agents"}': 1 },
    ],
    [
      'pool.available',
      { capability: 'files', reason: 'no-agents', unavailableMs: 5_000, usableAgents: 1 },
      {},
    ],
  ];

  it.each(cases)('counts %s %j as what it is, and as nothing else', async (type, data, growth) => {
    expect(await growthBy(() => events.publish(type, data))).toEqual(growth);
  });

  it('has no label that a request could fill', async () => {
    for (const [type, data] of cases) events.publish(type, data);
    const labels = Object.keys(await samplesOf(metrics.registry)).flatMap((name) =>
      [...name.matchAll(/[{,](\w+)=/g)].map(([, label]) => label),
    );
    expect(new Set(labels)).toEqual(new Set(['le', 'status', 'capability', 'reason']));
  });

  it('never fails a publisher, nor those who listen after it', () => {
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const listener = jest.fn();
    events.on('step.completed', listener);
    const unfit = { ...step, durationMs: 'soon' } as unknown as OrchestraEventMap['step.completed'];
    expect(() => events.publish('step.completed', unfit)).not.toThrow();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(logged).toHaveBeenCalledTimes(1);
    logged.mockRestore();
  });

  it('counts until the application has shut down, and listens to nothing then', async () => {
    expect(events.listenerCount).toBeGreaterThan(0);
    subscriptions.onApplicationShutdown();
    expect(events.listenerCount).toBe(0);
    expect(await growthBy(() => events.publish('step.failed', { ...step, durationMs: 1, error }))).toEqual(
      {},
    );
  });
});

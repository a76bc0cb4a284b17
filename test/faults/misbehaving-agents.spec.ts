/** Agents that ignore their abort, throw where nobody catches, and expressions without an end. */
import { eventually } from '../helpers/eventually.js';
import { MAX_LOOP_LAG_MS, loopLag } from '../helpers/loop-lag.js';
import { startService, type Service } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const deaf = oneStep('local', { do: 'ignore-abort', ms: 60_000 }, { timeoutMs: 50 });

describe('FAULTS 11: an agent that ignores its abort', () => {
  it('is given up, counted, replaced, and holds up nothing', async () => {
    const service = await startService({
      config: { dispatch: { abortGraceMs: 100 }, pools: [functionPool('local')] },
    });
    const before = (await service.client.get('/v1/agents')).json.items[0].agentId as string;
    const execution = await service.client.run(deaf);
    expect(execution).toMatchObject({
      status: 'failed',
      steps: { only: { error: { code: 'STEP_TIMEOUT' } } },
    });

    const { text } = await service.client.get('/metrics');
    expect(text).toContain('orchestra_tasks_abandoned_total{capability="local"} 1\n');
    const { json } = await service.client.get('/health/detailed');
    expect(json.details).toMatchObject({
      dispatch: { tasksAbandoned: 1 },
      pools: { details: { local: { tasksAbandoned: 1 } } },
    });
    expect((await service.client.run(oneStep('local'))).status).toBe('completed');
    const after = (await service.client.get('/v1/agents')).json.items[0].agentId as string;
    expect(after).not.toBe(before);

    const { code, durationMs } = await service.stop();
    expect(code).toBe(0);
    expect(durationMs).toBeLessThan(5_000);
  });

  it('is replaced maxAbandonedTasks times, then the process ends to be restarted, after what was accepted', async () => {
    const service = await startService({
      config: {
        dispatch: { abortGraceMs: 50 },
        shutdown: { maxAbandonedTasks: 3 },
        pools: [functionPool('local', { size: { min: 2 } })],
      },
    });
    const last = service.client.post('/v1/executions?waitMs=30000', {
      workflow: oneStep('local', { do: 'sleep', ms: 1_500 }),
    });
    for (let given = 1; given < 3; given++) await service.client.run(deaf);
    expect((await service.client.get('/health/ready')).status).toBe(200);
    const third = service.client.post('/v1/executions?waitMs=30000', { workflow: deaf });
    expect((await third).json).toMatchObject({ status: 'failed' });
    expect((await last).json).toMatchObject({ status: 'completed' });
    const { code, stderr, stdout } = await service.exit();
    expect(code).toBe(1);
    expect(stderr).toContain('3 tasks ignored their abort');
    expect(stdout).toContain('abandoned tasks: draining');
  });
});

describe('FAULTS 12: an agent that holds the event loop', () => {
  it('of a function pool is noticed from outside, and costs nothing but the time; a thread agent would hold its own', async () => {
    const service = await startService({ config: { pools: [functionPool('local')] } });
    // Not awaited: the task may begin before the answer is sent.
    const submitted = service.client.submit(oneStep('local', { do: 'block', ms: 2_000 }));
    const impatient = () =>
      service.client.send('GET', '/health/live', { signal: AbortSignal.timeout(500) }).then(
        () => 'answered',
        () => 'no answer',
      );
    // The probe of an orchestrator, which gives up and counts a failure.
    await eventually(async () => (await impatient()) === 'no answer', { within: 2_000 });
    expect((await service.client.finished(await submitted)).status).toBe('completed');
    expect(await impatient()).toBe('answered');
    expect((await service.client.run(oneStep('local'))).status).toBe('completed');
  });
});

describe('FAULTS 13: an agent that throws where nobody catches', () => {
  it('ends the process with code 1, after what was accepted', async () => {
    const service = await startService({ config: { pools: [functionPool('local', { size: { min: 2 } })] } });
    const run = (input: object) =>
      service.client.post('/v1/executions?waitMs=30000', { workflow: oneStep('local', input) });
    const answers = await Promise.all([
      run({ do: 'sleep', ms: 700 }),
      run({ do: 'throw-later', ms: 500, message: 'nobody catches me' }),
    ]);
    expect(answers.map(({ json }) => json.status as string)).toEqual(['completed', 'completed']);
    const { code, stderr } = await service.exit();
    expect(code).toBe(1);
    expect(stderr).toMatch(/nobody catches me\n\s+at /);
  });
});

describe('FAULTS 45: an expression without an end', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: { pools: [functionPool('local')] } });
  });

  it.each([
    ['recursion', '($f := function() { $f() }; $f())'],
    ['recursion that grows', '($f := function($x) { $f($x & $x) }; $f("ab"))'],
    ['a range of a billion', '[1..1000000000]'],
    ['pairs of pairs', '[1..3000].([1..3000].($ * 2))'],
    ['a sort of its own making', '$distinct([1..90000])'],
  ])('fails its step in time: %s', async (_what, expression) => {
    const lag = await loopLag(service.client, async () => {
      const { status, steps } = await service.client.run(oneStep('local', `{% ${expression} %}`));
      expect(status).toBe('failed');
      expect(steps.only?.error?.code).toBe('EXPRESSION_FAILED');
    });
    expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
  });

  it('is none for a regular expression that would take for ever elsewhere', async () => {
    const { steps } = await service.client.run(
      oneStep('local', { found: `{% $contains("${'a'.repeat(5_000)}!", /^(a+)+$/) %}` }),
    );
    expect(steps.only?.output).toEqual({ echo: { found: false } });
  });
});

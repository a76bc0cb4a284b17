import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentSnapshot, PoolSnapshot } from '#agent-pool';
import type { Execution } from '#dispatch';
import { type Client } from './helpers/client.js';
import { eventually } from './helpers/eventually.js';
import { threadsOf } from './helpers/processes.js';
import { ROOT, startService, type Service } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

function threadPool(capability: string, more: object = {}) {
  const module = join(ROOT, 'test/fixtures/thread-agent.mjs');
  return {
    capability,
    kind: 'thread',
    module,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
    ...more,
  };
}

/** How long an answer of `/health/live` takes, asked for one after the other until `work` is over. */
async function answerTimesDuring(client: Client, work: Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  while (!over) {
    const askedAt = performance.now();
    expect((await client.get('/health/live')).status).toBe(200);
    times.push(performance.now() - askedAt);
  }
  return times.sort((a, b) => a - b);
}

describe('thread agents', () => {
  let service: Service;
  let threads: number;

  beforeAll(async () => {
    const pools = [threadPool('cpu'), threadPool('other'), functionPool('local')];
    service = await startService({ config: { pools }, lifetime: 'file' });
    // All that starts with the first work has started.
    await Promise.all(['cpu', 'other', 'local'].map((name) => service.client.run(oneStep(name))));
    threads = threadsOf(service.pid);
  });

  const step = ({ steps }: Execution) => steps['only'];
  const pool = async (name: string): Promise<PoolSnapshot> =>
    (await service.client.get(`/v1/pools/${name}`)).json as PoolSnapshot;
  const runsAgain = async (): Promise<void> => {
    const execution = await service.client.run(oneStep('cpu', 'next'));
    expect(step(execution)).toMatchObject({ status: 'completed', attempts: 1, output: { echo: 'next' } });
    expect(threadsOf(service.pid)).toBe(threads);
    expect((await pool('cpu')).performance.abandoned).toBe(0);
  };
  it('that loop for ever are stopped by the timeout of the step, and hold up nothing (faults 11, 12)', async () => {
    const looping = service.client.run(oneStep('cpu', { do: 'loop' }, { timeoutMs: 1_000 }));
    const [times, execution, other] = await Promise.all([
      answerTimesDuring(service.client, looping),
      looping,
      service.client.run(oneStep('other', 'meanwhile')),
    ]);
    expect(step(execution)).toMatchObject({ status: 'failed', error: { code: 'STEP_TIMEOUT' } });
    const { startedAt, finishedAt } = step(execution)!;
    expect(Date.parse(finishedAt!) - Date.parse(startedAt!)).toBeLessThan(3_000);
    expect(step(other)).toMatchObject({ status: 'completed' });
    // Nine of ten, for the machine does other things as well; a loop in the process would let none through.
    expect(times.length).toBeGreaterThan(20);
    expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(100);
    process.stdout.write(
      `/health/live beside a loop: ${times.length} answers, the slowest in ${times.at(-1)!.toFixed(1)} ms\n`,
    );
    await runsAgain();
  });

  it('that loop for ever are stopped by a cancel', async () => {
    const note = join(service.folder, 'loops');
    const executionId = await service.client.submit(oneStep('cpu', { do: 'loop', note }));
    await eventually(() => existsSync(note));
    expect((await service.client.post(`/v1/executions/${executionId}/cancel`)).status).toBe(202);
    const execution = await service.client.finished(executionId, 3_000);
    expect(execution.status).toBe('cancelled');
    expect(step(execution)).toMatchObject({ status: 'cancelled' });
    await runsAgain();
  });

  it.each([
    ['fill their heap (fault 14)', { do: 'fill-heap' }, { code: 'AGENT_OUT_OF_MEMORY', retryable: true }],
    [
      'end their process',
      { do: 'exit', code: 9 },
      { code: 'AGENT_LOST', retryable: true, details: { exitCode: 9 } },
    ],
    ['throw in a timer', { do: 'throw-in-timer' }, { code: 'AGENT_CRASHED', retryable: true }],
  ])('that %s fail their step alone', async (_, input, error) => {
    const failing = service.client.run(oneStep('cpu', input));
    const neighbours = ['other', 'local'].map((name) => service.client.run(oneStep(name, 'meanwhile')));
    expect(step(await failing)).toMatchObject({ status: 'failed', error });
    for (const neighbour of await Promise.all(neighbours)) expect(neighbour.status).toBe('completed');
    await runsAgain();
    expect(service.stderr).toBe('');
  });

  it('are tried again in another thread', async () => {
    const retry = { maxAttempts: 2, baseDelayMs: 1 };
    const execution = await service.client.run(oneStep('cpu', { do: 'exit', code: 1 }, { retry }));
    expect(step(execution)).toMatchObject({ status: 'failed', attempts: 2, error: { code: 'AGENT_LOST' } });
    await runsAgain();
  });

  it('show what they use up in GET /v1/agents', async () => {
    const { items } = (await service.client.get('/v1/agents')).json as { items: AgentSnapshot[] };
    const of = (name: string) => items.find(({ capability }) => capability === name);
    expect(of('cpu')).toMatchObject({
      kind: 'thread',
      resources: {
        eventLoopUtilization: expect.any(Number),
        heapUsedBytes: expect.any(Number),
        heapLimitBytes: expect.any(Number),
        cpuTimeMs: 'threadCpuUsage' in process ? expect.any(Number) : null,
      },
    });
    expect(of('cpu')!.resources!.heapUsedBytes).toBeLessThan(of('cpu')!.resources!.heapLimitBytes!);
    expect(of('local')!.resources).toBeNull();
  });

  it('may print, without an end to what the service prints itself', async () => {
    const execution = await service.client.run(oneStep('cpu', { do: 'print', times: 1_000 }));
    expect(step(execution)).toMatchObject({ status: 'completed' });
    await eventually(() => service.stdout.includes('printed by the module 999\n'));
    await eventually(() => service.stderr.includes('half a line'));
  });
});

describe('the end of a service with thread agents', () => {
  it('comes at once when they are idle, and leaves nothing to be said', async () => {
    const service = await startService({ config: { pools: [threadPool('cpu', { size: { min: 3 } })] } });
    await service.client.run(oneStep('cpu'));
    const { code, stderr, durationMs } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(durationMs).toBeLessThan(2_000);
  });

  it('comes within the grace while one of them loops', async () => {
    const service = await startService({
      config: { pools: [threadPool('cpu')], shutdown: { gracePeriodMs: 500 } },
    });
    const note = join(service.folder, 'loops');
    await service.client.submit(oneStep('cpu', { do: 'loop', note }));
    await eventually(() => existsSync(note));
    const { code, stdout, stderr, durationMs } = await service.stop();
    // What was accepted did not finish, and the memory driver keeps nothing.
    expect(code).toBe(1);
    expect(stdout).toContain('0 tasks abandoned');
    expect(stderr).toContain('1 accepted executions are lost');
    expect(durationMs).toBeLessThan(3_000);
  });

  it('says which module cannot be loaded, while the service is there', async () => {
    const service = await startService({
      config: { pools: [threadPool('cpu', { module: './nowhere.mjs' })] },
      until: 'listening',
    });
    const agent = await eventually(async () => {
      const { items } = (await service.client.get('/v1/agents')).json as { items: AgentSnapshot[] };
      return items.find(({ state }) => state === 'error');
    });
    expect(agent.error).toMatchObject({
      code: 'AGENT_MODULE_INVALID',
      details: { module: join(service.folder, 'nowhere.mjs') },
    });
    expect((await service.stop()).code).toBe(0);
  });
});

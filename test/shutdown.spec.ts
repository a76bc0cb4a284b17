import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type Answer } from './helpers/client.js';
import { eventually } from './helpers/eventually.js';
import { startHttpAgent } from './helpers/http-agent.js';
import { childrenOf, isAlive } from './helpers/processes.js';
import { startService } from './helpers/service.js';
import { openSocket } from './helpers/socket.js';
import { functionPool, httpPool, oneStep } from './helpers/workflows.js';

/** The promise of the service for an idle one: from the signal to the end. */
const IDLE_END_MS = 5_000;

/** Asks over a connection of its own, as a probe or a new client would. */
async function fresh(url: string, ask: (client: Client) => Promise<Answer>): Promise<Answer> {
  const client = new Client(url);
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

describe('the end of an idle service', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'comes within 5 s of a %s, keep-alive connections open',
    async (signal) => {
      const service = await startService({ config: { pools: [functionPool('local')] } });
      const clients = Array.from({ length: 5 }, () => new Client(service.url));
      await Promise.all(clients.map((client) => client.get('/health')));
      const silent = await openSocket(service.url);
      const { code, durationMs, stderr, stdout } = await service.stop(signal);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(durationMs).toBeLessThan(IDLE_END_MS);
      expect(stdout).toContain(`${signal}: draining`);
      silent.destroy();
      await Promise.all(clients.map((client) => client.close()));
    },
  );

  it('is clean when nobody reads what it prints any more', async () => {
    const service = await startService({ config: { pools: [functionPool('local')] } });
    service.stopReading();
    expect((await service.stop()).code).toBe(0);
  });

  it.each([50, 300, 600, 900])(
    'comes at once when it is still starting, after %i ms (fault 10)',
    async (ms) => {
      const service = await startService({ config: { pools: [functionPool('local')] }, until: 'spawned' });
      await sleep(ms);
      const { code, signal, durationMs } = await service.stop();
      // Before the first line of ours has run, the signal itself ends the process.
      expect(signal ?? code).toBe(signal === null ? 0 : 'SIGTERM');
      expect(durationMs).toBeLessThan(IDLE_END_MS);
    },
  );

  it('comes when an agent never finishes its start, and takes the agent along (fault 10)', async () => {
    const mute = ['-e', 'process.stdin.resume(); setInterval(() => {}, 1000)'];
    const service = await startService({
      config: { pools: [{ capability: 'mute', kind: 'mcp', command: process.execPath, args: mute }] },
      until: 'listening',
    });
    const server = await eventually(() => childrenOf(service.pid)[0]);
    expect((await service.client.get('/health/ready')).status).toBe(503);
    expect((await service.client.get('/health/startup')).status).toBe(503);
    expect((await service.client.get('/health/live')).status).toBe(200);
    const { code, durationMs } = await service.stop();
    expect(code).toBe(0);
    expect(durationMs).toBeLessThan(IDLE_END_MS);
    await eventually(() => !isAlive(server), { what: 'the end of the MCP server' });
  });
});

describe('the end of a busy service', () => {
  it('loses nothing that it accepted, and tells others to go elsewhere meanwhile (fault 4)', async () => {
    const agent = await startHttpAgent(async ({ body }) => {
      await sleep(100);
      return body.input;
    });
    const service = await startService({
      config: { pools: [httpPool('http', agent.url, { size: { min: 4 } })] },
    });
    const { client, url } = service;
    const workflow = {
      id: 'two-steps',
      steps: [
        { id: 'first', capability: 'http' },
        { id: 'second', capability: 'http', dependsOn: ['first'] },
      ],
    };
    const accepted = await Promise.all(Array.from({ length: 30 }, () => client.submit(workflow)));
    const polls = accepted.map((id) => client.get(`/v1/executions/${id}?waitMs=30000`));
    // Those that wait are known to the service by now; a connection that is idle may be closed at any time.
    await eventually(() => agent.calls.length > 8);
    // Some are accepted while the signal is on its way.
    const late = Array.from({ length: 10 }, () =>
      client.post('/v1/executions', { workflow }).catch(() => undefined),
    );
    service.kill('SIGTERM');
    for (const answer of await Promise.all(late)) {
      if (answer?.status === 202) accepted.push(answer.json.executionId as string);
      else if (answer !== undefined) expect(answer.status).toBe(503);
    }

    await eventually(() => service.stdout.includes('draining'));
    const refused = await fresh(url, (other) => other.post('/v1/executions', { workflow }));
    expect(refused).toMatchObject({
      status: 503,
      json: { code: 'SHUTTING_DOWN' },
      headers: { connection: 'close' },
    });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    const ready = await fresh(url, (other) => other.get('/health/ready'));
    expect(ready).toMatchObject({ status: 503, json: { error: { service: { state: 'draining' } } } });
    expect((await fresh(url, (other) => other.get('/health/live'))).status).toBe(200);

    const answers = await Promise.all(polls);
    expect(answers.map(({ json }) => json.status as string)).toEqual(polls.map(() => 'completed'));
    const { code, stderr } = await service.exit();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const id of accepted) {
      expect(agent.callsOf(id).map(({ body }) => body.stepId)).toEqual(['first', 'second']);
    }
  });

  it('still accepts for drainDelayMs, so that load balancers can notice', async () => {
    const service = await startService({
      config: { pools: [functionPool('local')], shutdown: { drainDelayMs: 1_500 } },
    });
    service.kill('SIGTERM');
    await eventually(() => service.stdout.includes('draining'));
    expect((await service.client.get('/health/ready')).status).toBe(503);
    expect((await service.client.run(oneStep('local'))).status).toBe('completed');
    expect((await service.exit()).code).toBe(0);
  });

  it('reports what remains when the grace period is over, and ends with code 1', async () => {
    const agent = await startHttpAgent(() => undefined);
    const service = await startService({
      config: {
        dispatch: { maxConcurrentWorkflows: 1, abortGraceMs: 200 },
        shutdown: { gracePeriodMs: 300 },
        pools: [httpPool('http', agent.url)],
      },
    });
    const ids = await Promise.all([1, 2, 3].map(() => service.client.submit(oneStep('http'))));
    await eventually(() => agent.calls.length === 1);
    const polls = ids.map((id) => service.client.get(`/v1/executions/${id}?waitMs=30000`));
    const { code, stderr, durationMs } = await service.stop();
    expect(code).toBe(1);
    expect(stderr).toMatch(/3 accepted executions are lost/);
    expect(durationMs).toBeLessThan(IDLE_END_MS);
    for (const { status, json } of await Promise.all(polls)) {
      expect(status).toBe(200);
      expect(['pending', 'running']).toContain(json.status);
    }
    await eventually(() => agent.calls[0]?.aborted);
  });

  it('comes at once, with code 1, when it is asked for a second time (fault 6)', async () => {
    const agent = await startHttpAgent(() => undefined);
    const service = await startService({ config: { pools: [httpPool('http', agent.url)] } });
    await service.client.submit(oneStep('http'));
    await eventually(() => agent.calls.length === 1);
    service.kill('SIGTERM');
    await eventually(() => service.stdout.includes('draining'));
    await sleep(300);
    expect(service.hasExited).toBe(false);
    const { code, durationMs, stderr } = await service.stop('SIGINT');
    expect(code).toBe(1);
    expect(durationMs).toBeLessThan(1_500);
    expect(stderr).toContain('SIGINT again');
  });

  it('is in order when the second signal follows within 200 ms, for that is the same one (fault 6)', async () => {
    const agent = await startHttpAgent(async () => {
      await sleep(500);
      return 'done';
    });
    const service = await startService({ config: { pools: [httpPool('http', agent.url)] } });
    const id = await service.client.submit(oneStep('http'));
    const poll = service.client.get(`/v1/executions/${id}?waitMs=30000`);
    await eventually(() => agent.calls.length === 1);
    service.kill('SIGTERM');
    service.kill('SIGINT');
    expect((await poll).json.status).toBe('completed');
    expect((await service.exit()).code).toBe(0);
  });
});

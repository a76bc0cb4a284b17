/** Agents behind HTTP that are gone, hang, drip, flood, hang up or ask for an hour. */
import type { ServerResponse } from 'node:http';
import { eventually } from '../helpers/eventually.js';
import { startHttpAgent, type HttpAgentServer } from '../helpers/http-agent.js';
import { residentBytes } from '../helpers/processes.js';
import { startService, type Service } from '../helpers/service.js';
import { httpPool, oneStep } from '../helpers/workflows.js';

const STEP_TIMEOUT_MS = 500;
/** What the end of an attempt may take beyond its time: the machine does other things as well. */
const SLACK_MS = 1_500;
const MEGABYTE = 'x'.repeat(1_000_000);

/** Writes for as long as anybody reads. */
function flood(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(MEGABYTE));
  };
  response.on('drain', more);
  more();
}

function answer(response: ServerResponse, input: { do: string; status: number; headers: object }): void {
  const json = { 'content-type': 'application/json' };
  switch (input.do) {
    case 'hang':
      return;
    case 'drip': {
      response.writeHead(200, json);
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
      return;
    }
    case 'flood':
      response.writeHead(200, json).write('"');
      flood(response);
      return;
    case 'announce':
      response.writeHead(200, { ...json, 'content-length': '1000000000' }).write('"');
      flood(response);
      return;
    case 'half':
      response.writeHead(200, { ...json, 'content-length': '100' }).write('{"half":');
      setTimeout(() => response.destroy(), 20);
      return;
    case 'html':
      response.setHeader('content-type', 'text/html').end('<h1>hello</h1>');
      return;
    default:
      response.writeHead(input.status, { ...input.headers }).end('no');
  }
}

describe('FAULTS 55: an agent behind HTTP that is in trouble', () => {
  let agent: HttpAgentServer;
  let service: Service;

  beforeAll(async () => {
    agent = await startHttpAgent(({ body }, response) => {
      answer(response, body.input);
    });
    service = await startService({
      lifetime: 'file',
      config: {
        pools: [
          httpPool('http', agent.url, { concurrencyPerAgent: 8 }),
          httpPool('flaky', agent.url, {
            breaker: { minimumTasks: 4, openMs: 1_500, halfOpenProbes: 1 },
          }),
          httpPool('gone', 'http://127.0.0.1:9/'),
        ],
      },
    });
  });

  it.each([
    ['hangs', { do: 'hang' }, 'STEP_TIMEOUT', 2],
    ['drips', { do: 'drip' }, 'STEP_TIMEOUT', 2],
    ['sends without end', { do: 'flood' }, 'AGENT_OUTPUT_TOO_LARGE', 1],
    ['announces 1 GB', { do: 'announce' }, 'AGENT_OUTPUT_TOO_LARGE', 1],
    ['hangs up half-way', { do: 'half' }, 'AGENT_LOST', 2],
    ['answers HTML', { do: 'html' }, 'AGENT_INVALID_OUTPUT', 1],
    ['answers 429', { status: 429, headers: { 'retry-after': '0' } }, 'AGENT_HTTP_ERROR', 2],
    ['answers 500', { status: 500 }, 'AGENT_HTTP_ERROR', 2],
    ['answers 404', { status: 404 }, 'AGENT_HTTP_ERROR', 1],
    ['redirects', { status: 302, headers: { location: 'http://127.0.0.1:9/' } }, 'AGENT_HTTP_ERROR', 1],
  ])('that %s fails its step with a code, in time', async (_what, input, code, attempts) => {
    const residentBefore = residentBytes(service.pid);
    const from = Date.now();
    const execution = await service.client.run(
      oneStep('http', input, {
        timeoutMs: STEP_TIMEOUT_MS,
        retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 },
      }),
    );
    expect(execution).toMatchObject({
      status: 'failed',
      steps: { only: { status: 'failed', attempts, error: { code } } },
    });
    expect(Date.now() - from).toBeLessThan(attempts * STEP_TIMEOUT_MS + SLACK_MS);
    const calls = agent.callsOf(execution.executionId);
    expect(calls).toHaveLength(attempts);
    if (['hang', 'drip', 'flood', 'announce'].includes('do' in input ? input.do : '')) {
      await eventually(() => calls.every(({ aborted }) => aborted), { what: 'the end of the connections' });
    }
    expect(residentBytes(service.pid) - residentBefore).toBeLessThan(50_000_000);
    expect((await service.client.get('/health/ready')).status).toBe(200);
  });

  it('is left alone by the breaker of its pool while it is down, and works again when it is back', async () => {
    const retry = { maxAttempts: 1 };
    const run = () => service.client.run(oneStep('flaky', { status: 500 }, { retry }));
    const pool = async () => (await service.client.get('/v1/pools/flaky')).json;
    for (let task = 0; task < 4; task++)
      expect((await run()).steps.only?.error?.code).toBe('AGENT_HTTP_ERROR');
    const calls = agent.calls.length;
    const refused = await run();
    expect(refused.steps.only).toMatchObject({
      status: 'failed',
      attempts: 0,
      error: { code: 'POOL_UNAVAILABLE', retryable: true, details: { reason: 'failures' } },
    });
    expect(agent.calls).toHaveLength(calls);
    expect(await pool()).toMatchObject({ health: 'critical', breaker: 'open' });
    const { text } = await service.client.get('/metrics');
    expect(text).toContain('orchestra_pool_breaker{capability="flaky",state="open"} 1\n');
    expect(text).toContain('orchestra_leases_refused_total{capability="flaky",code="POOL_UNAVAILABLE"} 1\n');

    const { handler } = agent;
    agent.handler = () => 'back';
    const again = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 };
    const [patient, late] = await Promise.all(
      [1, 2].map(() => service.client.run(oneStep('flaky', {}, { retry: again }))),
    );
    agent.handler = handler;
    expect([patient?.status, late?.status]).toEqual(['completed', 'completed']);
    expect(await pool()).toMatchObject({ health: 'healthy', breaker: 'closed' });
  });

  it('that is not there fails its step with a code', async () => {
    const execution = await service.client.run(oneStep('gone'));
    expect(execution.steps.only?.error).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
  });

  it('that asks for an hour fails its step at once, for the execution will not last so long', async () => {
    const input = { status: 429, headers: { 'retry-after': '3600' } };
    const from = Date.now();
    const execution = await service.client.run(oneStep('http', input, { retry: { maxAttempts: 5 } }));
    expect(execution.steps.only).toMatchObject({
      attempts: 1,
      error: { code: 'AGENT_HTTP_ERROR', details: { status: 429, retryAfterMs: 3_600_000 } },
    });
    expect(Date.now() - from).toBeLessThan(SLACK_MS);
  });

  it('that asks for a second is left alone for a second', async () => {
    const handler = agent.handler;
    agent.handler = ({ body }, response) => {
      if (body.attempt > 1) return 'thanks';
      response.writeHead(429, { 'retry-after': '1' }).end();
      return undefined;
    };
    const execution = await service.client.run(
      oneStep('http', {}, { retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 10_000 } }),
    );
    agent.handler = handler;
    expect(execution).toMatchObject({
      status: 'completed',
      steps: { only: { attempts: 2, output: 'thanks' } },
    });
    const [first, second] = agent.callsOf(execution.executionId);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(950);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });

  it.each([
    ['during a task', 'http', { do: 'hang' }, 1],
    ['while its next attempt waits', 'gone', {}, 5],
  ])('is let go within 100 ms when it is cancelled %s', async (_when, capability, input, maxAttempts) => {
    let best = Number.POSITIVE_INFINITY;
    // The times are the service's own; of three tries the best, for the machine does other things as well.
    for (let tries = 0; tries < 3 && best >= 100; tries++) {
      const executionId = await service.client.submit(
        oneStep(capability, input, {
          retry: { maxAttempts, baseDelayMs: 60_000, maxDelayMs: 600_000, multiplier: 1 },
        }),
      );
      await eventually(async () => {
        const { json } = await service.client.get(`/v1/executions/${executionId}`);
        return json.steps.only.attempts > 0 && (capability === 'http' || json.steps.only.error !== null);
      });
      await service.client.post(`/v1/executions/${executionId}/cancel`);
      const { status, cancelRequestedAt, finishedAt } = await service.client.finished(executionId);
      expect(status).toBe('cancelled');
      best = Math.min(best, Date.parse(finishedAt ?? '') - Date.parse(cancelRequestedAt ?? ''));
    }
    expect(best).toBeLessThan(100);
  });
});

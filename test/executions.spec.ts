import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './helpers/eventually.js';
import { startHttpAgent, type AgentCall, type HttpAgentServer } from './helpers/http-agent.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, httpPool, oneStep } from './helpers/workflows.js';

/** An agent behind HTTP that does what the step's input says. */
async function behave(
  { body: { input } }: AgentCall,
  response: Parameters<HttpAgentServer['handler']>[1],
): Promise<unknown> {
  switch (input.do) {
    case 'sleep':
      await sleep(input.ms as number);
      return { slept: input.ms };
    case 'never':
      return undefined;
    case 'html':
      response.setHeader('content-type', 'text/html').end('<h1>hello</h1>');
      return undefined;
    case 'big':
      return 'x'.repeat(10_000_000);
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"half":');
      setTimeout(() => response.destroy(), 20);
      return undefined;
    case 'status':
      response.writeHead(input.status as number, input.headers as Record<string, string>).end('no');
      return undefined;
    default:
      return { echo: input };
  }
}

describe('executions over REST, on agents behind HTTP', () => {
  let agent: HttpAgentServer;
  let service: Service;

  beforeAll(async () => {
    agent = await startHttpAgent(behave);
    service = await startService({
      lifetime: 'file',
      config: {
        dispatch: { abortGraceMs: 500 },
        pools: [
          httpPool('http', agent.url, { size: { min: 4 }, concurrencyPerAgent: 4 }),
          httpPool('gone', 'http://127.0.0.1:9/'),
          functionPool('local', { size: { min: 4 } }),
        ],
      },
    });
  });

  afterEach(() => {
    agent.handler = behave;
  });

  it('speaks the http agent protocol', async () => {
    const execution = await service.client.run(oneStep('http', { question: '{% $input.q %}' }), {
      input: { q: 'why' },
      timeoutMs: 60_000,
    });
    expect(execution).toMatchObject({
      status: 'completed',
      steps: { only: { output: { echo: { question: 'why' } } } },
    });
    const [call, ...others] = agent.callsOf(execution.executionId);
    expect(others).toEqual([]);
    expect(call?.method).toBe('POST');
    expect(call?.body).toEqual({
      executionId: execution.executionId,
      stepId: 'only',
      attempt: 1,
      capability: 'http',
      input: { question: 'why' },
    });
    expect(call?.headers).toMatchObject({
      'content-type': 'application/json',
      'idempotency-key': `${execution.executionId}:only`,
    });
    const deadlineMs = Number(call?.headers['x-deadline-ms']);
    expect(deadlineMs).toBeGreaterThan(50_000);
    expect(deadlineMs).toBeLessThanOrEqual(60_000);
  });

  it('hands the trace of a request on to the agents, and does without a malformed one', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const submit = async (header: string): Promise<AgentCall | undefined> => {
      const answer = await service.client.post(
        '/v1/executions?waitMs=20000',
        { workflow: oneStep('http') },
        { headers: { traceparent: header } },
      );
      expect(answer).toMatchObject({ status: 200, json: { status: 'completed' } });
      return agent.callsOf(answer.json.executionId as string)[0];
    };
    expect((await submit(traceparent))?.headers.traceparent).toBe(traceparent);
    expect((await submit(`${traceparent}, ${traceparent}`))?.headers).not.toHaveProperty('traceparent');
  });

  it('accepts with 202 and a Location, and lists every step from submission on', async () => {
    const answer = await service.client.post('/v1/executions', {
      workflow: oneStep('http', { do: 'sleep', ms: 50 }),
    });
    expect(answer.status).toBe(202);
    const { executionId } = answer.json;
    expect(answer.json).toEqual({ executionId, status: 'pending' });
    expect(answer.headers.location).toBe(`/v1/executions/${executionId}`);
    const { json } = await service.client.get(answer.headers.location as string);
    expect(Object.keys(json.steps)).toEqual(['only']);
    expect((await service.client.finished(executionId)).status).toBe('completed');
  });

  it('answers a long poll as soon as the execution has finished, or as it is when the wait is over', async () => {
    const executionId = await service.client.submit(oneStep('http', { do: 'sleep', ms: 400 }));
    const early = await service.client.get(`/v1/executions/${executionId}?waitMs=50`);
    expect(['pending', 'running']).toContain(early.json.status);
    const from = Date.now();
    expect((await service.client.finished(executionId)).status).toBe('completed');
    expect(Date.now() - from).toBeLessThan(5_000);

    const whole = await service.client.post('/v1/executions?waitMs=10000', { workflow: oneStep('http', 1) });
    expect(whole).toMatchObject({
      status: 200,
      json: { status: 'completed', steps: { only: { output: { echo: 1 } } } },
    });
    const late = await service.client.post('/v1/executions?waitMs=1', {
      workflow: oneStep('http', { do: 'sleep', ms: 300 }),
    });
    expect(late.status).toBe(202);
    expect(Object.keys(late.json)).toEqual(['executionId', 'status']);
  });

  it('is one execution for 100 equal requests at once with one idempotency key (fault 35)', async () => {
    const body = { workflow: oneStep('http', { do: 'sleep', ms: 50 }) };
    const options = { headers: { 'idempotency-key': 'once' } };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => service.client.post('/v1/executions', body, options)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const ids = new Set(answers.map(({ json }) => json.executionId as string));
    expect(ids.size).toBe(1);
    const [executionId = ''] = ids;
    await service.client.finished(executionId);
    expect(agent.callsOf(executionId)).toHaveLength(1);

    const repeat = await service.client.post('/v1/executions', body, options);
    expect(repeat).toMatchObject({ status: 202, json: { executionId, status: 'completed' } });
    expect(agent.callsOf(executionId)).toHaveLength(1);
  });

  it('refuses an idempotency key that stands for another request, which stays as it was (fault 36)', async () => {
    const headers = { 'idempotency-key': 'twice' };
    const { json } = await service.client.post(
      '/v1/executions',
      { workflow: oneStep('http', 'mine') },
      { headers },
    );
    const other = await service.client.post(
      '/v1/executions',
      { workflow: oneStep('http', 'yours') },
      { headers },
    );
    expect(other).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    const execution = await service.client.finished(json.executionId as string);
    expect(execution.steps.only?.output).toEqual({ echo: 'mine' });
  });

  it('lists newest first, by status and workflow, page by page', async () => {
    const workflow = { ...oneStep('http'), id: 'listed' };
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) ids.push((await service.client.run(workflow)).executionId);
    const failed = await service.client.run({ ...oneStep('gone'), id: 'listed' });
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof service.client.list>> = await service.client.list(
        `?workflowId=listed&limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      expect(page.items.length).toBeLessThanOrEqual(2);
      seen.push(...page.items.map(({ executionId }) => executionId));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([failed.executionId, ...ids.reverse()]);
    const { items } = await service.client.list('?workflowId=listed&status=failed');
    expect(items.map(({ executionId }) => executionId)).toEqual([failed.executionId]);
    expect((await service.client.list('?workflowId=nobody')).items).toEqual([]);
  });

  describe('cancel', () => {
    it('reaches the agent of a running step', async () => {
      const executionId = await service.client.submit(oneStep('http', { do: 'never' }));
      const call = await eventually(() => agent.callsOf(executionId)[0]);
      const answer = await service.client.post(`/v1/executions/${executionId}/cancel`, {
        reason: 'changed my mind',
      });
      expect(answer).toMatchObject({
        status: 202,
        json: { executionId, cancelRequestedAt: expect.any(String) },
      });
      expect(await service.client.finished(executionId)).toMatchObject({
        status: 'cancelled',
        error: { code: 'EXECUTION_CANCELLED', message: expect.stringContaining('changed my mind') },
        steps: { only: { status: 'cancelled' } },
      });
      await eventually(() => call.aborted, { what: 'the abort at the agent' });
      const again = await service.client.post(`/v1/executions/${executionId}/cancel`);
      expect(again).toMatchObject({ status: 409, json: { code: 'EXECUTION_FINISHED' } });
    });

    it('stops an agent between two attempts at once', async () => {
      const executionId = await service.client.submit(
        oneStep(
          'gone',
          {},
          { retry: { maxAttempts: 5, baseDelayMs: 60_000, maxDelayMs: 600_000, multiplier: 1 } },
        ),
      );
      await eventually(async () => {
        const { json } = await service.client.get(`/v1/executions/${executionId}`);
        return json.steps.only.attempts > 0 && json.steps.only.error !== null;
      });
      const from = Date.now();
      await service.client.post(`/v1/executions/${executionId}/cancel`);
      expect((await service.client.finished(executionId)).status).toBe('cancelled');
      expect(Date.now() - from).toBeLessThan(2_000);
    });

    it('knows what it does not know', async () => {
      for (const path of ['cancel', 'retry']) {
        const answer = await service.client.post(`/v1/executions/nothing/${path}`);
        expect(answer).toMatchObject({ status: 404, json: { code: 'EXECUTION_NOT_FOUND' } });
      }
    });
  });

  it('runs again from the first step that is not completed', async () => {
    let broken = true;
    agent.handler = ({ body }, response) => {
      if (body.stepId !== 'second' || !broken) return { from: body.stepId };
      response.writeHead(400).end();
      return undefined;
    };
    const step = (id: string, dependsOn: string[]) => ({ id, capability: 'http', dependsOn });
    const executionId = await service.client.submit({
      id: 'again',
      steps: [step('first', []), step('second', ['first']), step('third', ['second'])],
    });
    expect(await service.client.finished(executionId)).toMatchObject({
      status: 'failed',
      steps: {
        first: { status: 'completed' },
        second: { status: 'failed', error: { code: 'AGENT_HTTP_ERROR', details: { status: 400 } } },
        third: { status: 'pending', attempts: 0 },
      },
    });
    broken = false;
    expect((await service.client.post(`/v1/executions/${executionId}/retry`)).status).toBe(202);
    expect(await service.client.finished(executionId)).toMatchObject({
      status: 'completed',
      error: null,
      steps: { first: { attempts: 1 }, second: { status: 'completed' }, third: { status: 'completed' } },
    });
    expect(agent.callsOf(executionId).map(({ body }) => body.stepId)).toEqual([
      'first',
      'second',
      'second',
      'third',
    ]);
    const completed = await service.client.post(`/v1/executions/${executionId}/retry`);
    expect(completed).toMatchObject({ status: 409, json: { code: 'EXECUTION_NOT_RETRYABLE' } });
  });

  it('ends a step that takes too long, and one that ignores the end', async () => {
    const slow = await service.client.run(oneStep('http', { do: 'never' }, { timeoutMs: 100 }));
    expect(slow).toMatchObject({ status: 'failed', steps: { only: { error: { code: 'STEP_TIMEOUT' } } } });
    await eventually(() => agent.callsOf(slow.executionId)[0]?.aborted);
    const deaf = await service.client.run(
      oneStep('local', { do: 'ignore-abort', ms: 3_000 }, { timeoutMs: 50 }),
    );
    expect(deaf).toMatchObject({ status: 'failed', steps: { only: { error: { code: 'STEP_TIMEOUT' } } } });
  });

  it('ends an execution that takes too long', async () => {
    const execution = await service.client.run(oneStep('http', { do: 'never' }), { timeoutMs: 100 });
    expect(execution).toMatchObject({
      status: 'timed_out',
      error: { code: 'EXECUTION_TIMEOUT' },
      steps: { only: { status: 'cancelled' } },
    });
  });

  it.each([
    ['fail', 'failed', 'pending'],
    ['continue', 'completed', 'completed'],
    ['skip', 'completed', 'skipped'],
  ])('does what onError: %s says', async (onError, status, dependent) => {
    const execution = await service.client.run({
      id: 'on-error',
      steps: [
        {
          id: 'bad',
          capability: 'local',
          input: { do: 'throw', message: 'no' },
          retry: { maxAttempts: 1 },
          onError,
        },
        {
          id: 'after',
          capability: 'local',
          dependsOn: ['bad'],
          input: { why: '{% $exists($steps.bad.error) ? $steps.bad.error.message : "" %}' },
        },
      ],
    });
    expect(execution.status).toBe(status);
    expect(execution.steps.bad).toMatchObject({ status: 'failed', error: { message: 'no' } });
    expect(execution.steps.after?.status).toBe(dependent);
    if (onError === 'continue') expect(execution.steps.after?.output).toEqual({ echo: { why: 'no' } });
  });

  it('runs as many steps as a workflow may have, whatever their order (fault 44)', async () => {
    const ids = Array.from({ length: 998 }, (_, index) => `s${index}`);
    const step = (id: string, dependsOn: string[]) => ({ id, capability: 'local', dependsOn });
    const diamond = {
      id: 'diamond',
      steps: [step('first', []), ...ids.map((id) => step(id, ['first'])), step('last', ids)],
    };
    const chain = {
      id: 'chain',
      steps: ids.map((id, index) => step(id, ids.slice(Math.max(0, index - 1), index))),
    };
    for (const execution of await Promise.all(
      [diamond, chain].map((workflow) => service.client.run(workflow)),
    )) {
      expect(execution.status).toBe('completed');
      const statuses = Object.values(execution.steps).map(({ status, attempts }) => `${status} ${attempts}`);
      expect(new Set(statuses)).toEqual(new Set(['completed 1']));
    }
  });

  it.each([
    ['HTML', { do: 'html' }, 'AGENT_INVALID_OUTPUT', 1],
    ['10 MB', { do: 'big' }, 'AGENT_OUTPUT_TOO_LARGE', 1],
    ['half a body', { do: 'half' }, 'AGENT_LOST', 2],
    ['429', { do: 'status', status: 429, headers: { 'retry-after': '0' } }, 'AGENT_HTTP_ERROR', 2],
    ['500', { do: 'status', status: 500 }, 'AGENT_HTTP_ERROR', 2],
    ['404', { do: 'status', status: 404 }, 'AGENT_HTTP_ERROR', 1],
    [
      'a redirect',
      { do: 'status', status: 302, headers: { location: 'http://127.0.0.1:9/' } },
      'AGENT_HTTP_ERROR',
      1,
    ],
  ])('names the error of an agent that answers %s (fault 55)', async (_what, input, code, attempts) => {
    const execution = await service.client.run(
      oneStep('http', input, { retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 } }),
    );
    expect(execution).toMatchObject({
      status: 'failed',
      steps: { only: { status: 'failed', error: { code } } },
    });
    expect(agent.callsOf(execution.executionId)).toHaveLength(attempts);
    expect((await service.client.get('/health/ready')).status).toBe(200);
  });

  it('names the error of an agent that is not there (fault 55)', async () => {
    const execution = await service.client.run(oneStep('gone'));
    expect(execution.steps.only?.error).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
  });

  it('waits as long as Retry-After asks (fault 55)', async () => {
    agent.handler = ({ body }, response) => {
      if (body.attempt > 1) return 'thanks';
      response.writeHead(429, { 'retry-after': '1' }).end();
      return undefined;
    };
    const execution = await service.client.run(
      oneStep('http', {}, { retry: { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 10_000 } }),
    );
    expect(execution).toMatchObject({
      status: 'completed',
      steps: { only: { attempts: 2, output: 'thanks' } },
    });
    const [first, second] = agent.callsOf(execution.executionId);
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(950);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });
});

describe('a small queue', () => {
  let agent: HttpAgentServer;
  let service: Service;
  let release: () => void;

  beforeAll(async () => {
    const released = new Promise<void>((resolve) => (release = resolve));
    agent = await startHttpAgent(async ({ body }) => {
      await released;
      return body.input;
    });
    service = await startService({
      lifetime: 'file',
      config: {
        dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth: 3 },
        pools: [httpPool('http', agent.url)],
      },
    });
  });

  it('refuses what it has no room for, cancels what waits, and runs the rest by priority, in order', async () => {
    const submit = (name: string, priority?: number) =>
      service.client.submit(oneStep('http', name), { priority });
    const running = await submit('running');
    await eventually(() => agent.calls.length === 1);
    const low = await submit('low', 0);
    const waiting = await submit('cancelled', 10);
    const high = await submit('high', 10);
    const refused = await service.client.post('/v1/executions', { workflow: oneStep('http') });
    expect(refused).toMatchObject({ status: 503, json: { code: 'QUEUE_FULL' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);

    expect((await service.client.post(`/v1/executions/${waiting}/cancel`)).status).toBe(202);
    expect(await service.client.finished(waiting)).toMatchObject({ status: 'cancelled', startedAt: null });
    const second = await submit('high, later', 10);
    release();
    for (const id of [running, low, high, second])
      expect((await service.client.finished(id)).status).toBe('completed');
    expect(agent.calls.map(({ body }) => body.input)).toEqual(['running', 'high', 'high, later', 'low']);
  });
});

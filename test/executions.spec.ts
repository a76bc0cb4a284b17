import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from './helpers/eventually.js';
import { startHttpAgent, type AgentCall, type HttpAgentServer } from './helpers/http-agent.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, httpPool, oneStep } from './helpers/workflows.js';

/** An agent behind HTTP that does what the step's input says. */
async function behave({ body: { input } }: AgentCall): Promise<unknown> {
  switch (input.do) {
    case 'sleep':
      await sleep(input.ms as number);
      return { slept: input.ms };
    case 'never':
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

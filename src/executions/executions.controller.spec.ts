import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { AgentPoolModule } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { untilAborted } from '#core';
import { DispatchModule, WorkflowDispatcher } from '#dispatch';
import { HttpDrain, createFastifyAdapter } from '#http';
import { QueueModule } from '#queue';
import { StateModule } from '#state';
import { ProblemsModule } from '../problems/problems.module.js';
import { ExecutionsController } from './executions.controller.js';

interface Gate {
  promise: Promise<void>;
  open: () => void;
}

function createGate(): Gate {
  let open: () => void = () => {};
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

const workflowOf = (capability: string, id = 'greet') => ({
  id,
  steps: [{ id: 'only', capability, input: { a: 1 } }],
});

describe('ExecutionsController', () => {
  let app: NestFastifyApplication;
  let gate: Gate;
  let healed: boolean;

  async function start(
    dispatch: { maxQueueDepth?: number; maxConcurrentWorkflows?: number } = {},
  ): Promise<void> {
    gate = createGate();
    healed = false;
    const pools = [
      { capability: 'echo', factory: new FunctionAgentFactory(({ input }) => input) },
      {
        capability: 'gated',
        factory: new FunctionAgentFactory((_task, { signal }) => untilAborted(gate.promise, signal)),
      },
      {
        capability: 'sick',
        factory: new FunctionAgentFactory(() => {
          if (!healed) throw Object.assign(new Error('sick'), { retryable: false });
        }),
      },
    ];
    const module = await Test.createTestingModule({
      imports: [
        ProblemsModule,
        QueueModule.forRoot({ driver: 'memory' }),
        StateModule.forRoot({ driver: 'memory' }),
        AgentPoolModule.forRoot({ pools }),
        DispatchModule.forRoot(dispatch),
      ],
      controllers: [ExecutionsController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    // Clients keep their connections; closing would wait for them.
    new HttpDrain(app.getHttpAdapter().getInstance());
    await app.listen(0, '127.0.0.1');
  }

  beforeEach(() => start());

  afterEach(async () => {
    gate.open();
    await app.close();
  });

  const read = (url: string) => app.inject({ method: 'GET', url });

  const post = (url: string, body?: unknown, headers: Record<string, string> = {}) =>
    app.inject({
      method: 'POST',
      url,
      ...(body === undefined
        ? { headers }
        : { payload: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }),
    });

  const submit = (body: object, headers?: Record<string, string>) => post('/v1/executions', body, headers);

  const run = async (capability: string): Promise<string> => {
    const answer = await post('/v1/executions?waitMs=60000', { workflow: workflowOf(capability) });
    expect(answer.statusCode).toBe(200);
    return answer.json().executionId;
  };

  /** One that is running until the gate opens. */
  const begin = async (): Promise<string> =>
    (await submit({ workflow: workflowOf('gated') })).json().executionId;

  describe('POST /v1/executions', () => {
    it('accepts a workflow and tells where its execution is', async () => {
      const answer = await submit({
        workflow: workflowOf('gated'),
        input: { b: 2 },
        priority: 9,
        timeoutMs: 1_000,
      });
      expect(answer.statusCode).toBe(202);
      const { executionId, ...rest } = answer.json();
      expect(rest).toEqual({ status: 'pending' });
      expect(answer.headers.location).toBe(`/v1/executions/${executionId}`);
      const execution = (await read(String(answer.headers.location))).json();
      expect(execution).toMatchObject({ executionId, input: { b: 2 }, priority: 9, timeoutMs: 1_000 });
    });

    it('answers with the whole execution when it finishes within waitMs', async () => {
      const answer = await post('/v1/executions?waitMs=60000', { workflow: workflowOf('echo') });
      expect(answer.statusCode).toBe(200);
      expect(answer.json()).toMatchObject({ status: 'completed', steps: { only: { output: { a: 1 } } } });
      expect(answer.headers.location).toBe(`/v1/executions/${answer.json().executionId}`);
    });

    it('answers as without waitMs when it does not', async () => {
      const answer = await post('/v1/executions?waitMs=1', { workflow: workflowOf('gated') });
      expect(answer.statusCode).toBe(202);
      expect(Object.keys(answer.json())).toEqual(['executionId', 'status']);
    });

    it('takes the same key and request for the same execution, as it is by now', async () => {
      const headers = { 'idempotency-key': 'k'.repeat(256) };
      const first = await post('/v1/executions?waitMs=60000', { workflow: workflowOf('echo') }, headers);
      const again = await submit({ workflow: workflowOf('echo') }, headers);
      expect(again.statusCode).toBe(202);
      expect(again.json()).toEqual({ executionId: first.json().executionId, status: 'completed' });
    });

    it('answers 422 to the same key with another request', async () => {
      const headers = { 'idempotency-key': 'key' };
      await submit({ workflow: workflowOf('echo') }, headers);
      const other = await submit({ workflow: workflowOf('echo'), priority: 1 }, headers);
      expect(other.statusCode).toBe(422);
      expect(other.json()).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    });

    it('lists the problems of query, headers, body and workflow at once', async () => {
      const answer = await post(
        '/v1/executions?waitMs=1e3&wait=1',
        { workflow: { id: '', steps: [{ id: 'a', capability: 'nowhere' }] }, priority: 11, surplus: 1 },
        { 'idempotency-key': 'k'.repeat(257) },
      );
      expect(answer.statusCode).toBe(400);
      const { code, errors } = answer.json();
      expect(code).toBe('VALIDATION_FAILED');
      expect(errors.map(({ path }: { path: string }) => path)).toEqual(
        expect.arrayContaining(['waitMs', 'wait', 'Idempotency-Key', 'priority', 'surplus', 'workflow.id']),
      );
    });

    it.each([
      ['alone', '', []],
      ['and those of the query', '?wait=1', ['wait']],
    ])('lists the problems of input and workflow %s', async (_what, query, more) => {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/executions${query}`,
        headers: { 'content-type': 'application/json' },
        payload: `{"workflow": {"id": "w", "steps": []}, "input": {"a": [1, 1e999], "b": ${'['.repeat(100)}${']'.repeat(100)}}}`,
      });
      expect(answer.statusCode).toBe(400);
      const deep = `input.b${'[0]'.repeat(99)}`;
      expect(answer.json().errors.map(({ path }: { path: string }) => path)).toEqual([
        ...more,
        'input.a[1]',
        deep,
        'workflow.steps',
      ]);
    });

    it('lists the problems of the workflow when nothing else is wrong', async () => {
      const workflow = {
        id: 'w',
        steps: [
          { id: 'a', capability: 'nowhere', dependsOn: ['b'] },
          { id: 'a', capability: 'echo' },
        ],
      };
      const answer = await submit({ workflow });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors.length).toBeGreaterThan(1);
      for (const { path } of answer.json().errors) expect(path).toMatch(/^workflow\.steps\[/);
    });

    it.each([
      ['no body', undefined],
      ['null', null],
      ['an array', []],
      ['a string', 'x'],
      ['no workflow', {}],
      ['a workflow that is none', { workflow: 5 }],
      ['a priority that is no integer', { workflow: workflowOf('echo'), priority: 1.5 }],
      ['a timeout beyond what timers hold', { workflow: workflowOf('echo'), timeoutMs: 2 ** 31 }],
    ])('answers 400 to %s', async (_what, body) => {
      const answer = await post('/v1/executions', body);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors.length).toBeGreaterThan(0);
    });

    it.each([
      'waitMs=60001',
      'waitMs=-1',
      'waitMs=5.0',
      'waitMs=',
      'waitMs',
      'waitMs=1&waitMs=1',
      'x=1',
      '__proto__=1',
    ])('answers 400 to the query ?%s', async (query) => {
      const answer = await post(`/v1/executions?${query}`, { workflow: workflowOf('echo') });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors).toHaveLength(1);
    });

    it.each([
      ['an empty key', ''],
      ['a key that is too long', 'k'.repeat(257)],
    ])('answers 400 to %s', async (_what, key) => {
      const answer = await submit({ workflow: workflowOf('echo') }, { 'idempotency-key': key });
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors).toMatchObject([{ path: 'Idempotency-Key' }]);
    });

    it.each([
      [
        'an infinite number',
        '{"workflow":{"id":"w","steps":[{"id":"a","capability":"echo"}]},"input":1e999}',
      ],
      [
        'endless arrays as input',
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"echo"}]},"input":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      ],
      ['endless arrays as workflow', `{"workflow":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
    ])('answers 400 to %s', async (_what, payload) => {
      const answer = await app.inject({
        method: 'POST',
        url: '/v1/executions',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      expect(answer.statusCode).toBe(400);
    });

    it('answers 413 to a body beyond the limit, sent in chunks, over a connection that is kept', async () => {
      const chunk = Buffer.alloc(65_536, 0x20);
      const body = new ReadableStream({
        start(controller) {
          for (let sent = 0; sent < 40; sent++) controller.enqueue(chunk);
          controller.close();
        },
      });
      const answer = await fetch(`${await app.getUrl()}/v1/executions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        duplex: 'half',
      });
      expect(answer.status).toBe(413);
      expect(answer.headers.get('connection')).toBe('keep-alive');
      expect(await answer.json()).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    });

    it('answers 503 and when to come back while the queue is full', async () => {
      await app.close();
      await start({ maxQueueDepth: 1, maxConcurrentWorkflows: 1 });
      await begin();
      const answers = [
        await submit({ workflow: workflowOf('gated') }),
        await submit({ workflow: workflowOf('gated') }),
      ];
      const refused = answers.at(-1)!;
      expect(refused.statusCode).toBe(503);
      expect(refused.headers['retry-after']).toBe('1');
      expect(refused.json()).toMatchObject({ code: 'QUEUE_FULL' });
    });

    it('answers 503 and ends the connection while the service shuts down', async () => {
      await app.get(WorkflowDispatcher).drain();
      const answer = await submit({ workflow: workflowOf('echo') });
      expect(answer.statusCode).toBe(503);
      expect(answer.headers).toMatchObject({ 'retry-after': '5', connection: 'close' });
      expect(answer.json()).toMatchObject({ code: 'SHUTTING_DOWN' });
    });
  });

  describe('GET /v1/executions/:id', () => {
    it('shows the execution as it is', async () => {
      const executionId = await begin();
      expect((await read(`/v1/executions/${executionId}`)).json()).toMatchObject({
        executionId,
        output: null,
      });
    });

    it('waits for its end', async () => {
      const executionId = await begin();
      const waiting = read(`/v1/executions/${executionId}?waitMs=60000`);
      gate.open();
      expect((await waiting).json()).toMatchObject({ status: 'completed' });
    });

    it('shows it as it is when the wait is over', async () => {
      const answer = await read(`/v1/executions/${await begin()}?waitMs=0`);
      expect(answer.statusCode).toBe(200);
      expect(answer.json().finishedAt).toBeNull();
    });

    it.each(['GET', 'POST'] as const)('gives up the wait of a client that goes away (%s)', async (method) => {
      const wait = jest.spyOn(app.get(WorkflowDispatcher), 'wait');
      const called = new Promise<void>((resolve) => {
        const original = wait.getMockImplementation() ?? WorkflowDispatcher.prototype.wait;
        wait.mockImplementation(function (this: WorkflowDispatcher, ...args) {
          resolve();
          return original.apply(app.get(WorkflowDispatcher), args);
        });
      });
      const leaving = new AbortController();
      const url = method === 'GET' ? `/v1/executions/${await begin()}` : '/v1/executions';
      const answer = fetch(`${await app.getUrl()}${url}?waitMs=60000`, {
        method,
        signal: leaving.signal,
        ...(method === 'POST' && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ workflow: workflowOf('gated') }),
        }),
      });
      await called;
      leaving.abort();
      await expect(answer).rejects.toThrow();
      await expect(wait.mock.results[0]!.value).rejects.toMatchObject({ code: 'CLIENT_CLOSED_REQUEST' });
    });

    it('answers 404 to an id that nothing has', async () => {
      const answer = await read('/v1/executions/nothing');
      expect(answer.statusCode).toBe(404);
      expect(answer.json()).toMatchObject({
        code: 'EXECUTION_NOT_FOUND',
        instance: '/v1/executions/nothing',
      });
    });

    it('takes 256 characters for an id, however many bytes they are', async () => {
      expect((await read(`/v1/executions/${encodeURIComponent('✓'.repeat(256))}`)).statusCode).toBe(404);
    });

    it('answers 400 to an id that is too long', async () => {
      const answer = await read(`/v1/executions/${'x'.repeat(257)}`);
      expect(answer.statusCode).toBe(400);
      expect(answer.json().errors).toMatchObject([{ path: 'id' }]);
    });

    it.each(['../..', 'a/b?c#d', '__proto__', ':id', '*', ' '])('takes %j for an id', async (id) => {
      expect((await read(`/v1/executions/${encodeURIComponent(id)}`)).statusCode).toBe(404);
    });

    it.each(['%00', 'a%00b', '%zz', '%', '%ff'])('answers 400 to the id %s', async (id) => {
      expect((await read(`/v1/executions/${id}`)).statusCode).toBe(400);
    });
  });

  describe('GET /v1/executions', () => {
    it('pages through executions, newest first, by status and workflow', async () => {
      const ids = [await run('echo'), await run('echo'), await run('sick')];
      const page = (await read('/v1/executions?limit=2')).json();
      expect(page.items.map(({ executionId }: { executionId: string }) => executionId)).toEqual([
        ids[2],
        ids[1],
      ]);
      const rest = (
        await read(`/v1/executions?limit=2&cursor=${encodeURIComponent(page.nextCursor)}`)
      ).json();
      expect(rest).toMatchObject({ items: [{ executionId: ids[0] }], nextCursor: null });
      expect((await read('/v1/executions?status=failed&workflowId=greet')).json().items).toMatchObject([
        { executionId: ids[2] },
      ]);
    });

    it.each([
      'limit=0',
      'limit=501',
      'limit=5.0',
      'limit=1e1',
      'limit=%205',
      'limit=05',
      'limit=2&limit=2',
      'status=done',
      'workflowId=',
      'workflowId=%00',
      'cursor=',
      'cursor=made-up',
      'offset=1',
    ])('answers 400 to ?%s', async (query) => {
      expect((await read(`/v1/executions?${query}`)).statusCode).toBe(400);
    });

    it('names a cursor that it did not issue', async () => {
      expect((await read('/v1/executions?cursor=made-up')).json()).toMatchObject({ code: 'INVALID_CURSOR' });
    });
  });

  describe('POST /v1/executions/:id/cancel', () => {
    it('asks for the end of an execution', async () => {
      const executionId = await begin();
      const answer = await post(`/v1/executions/${executionId}/cancel`, { reason: 'r'.repeat(1_000) });
      expect(answer.statusCode).toBe(202);
      expect(answer.json()).toMatchObject({ executionId, cancelRequestedAt: expect.any(String) });
      const { status } = (await read(`/v1/executions/${executionId}?waitMs=60000`)).json();
      expect(status).toBe('cancelled');
    });

    it.each<Record<string, string>>([{}, { 'content-type': 'application/json' }])(
      'needs no body (headers %j)',
      async (headers) => {
        expect((await post(`/v1/executions/${await begin()}/cancel`, undefined, headers)).statusCode).toBe(
          202,
        );
      },
    );

    it('answers 409 when it has finished', async () => {
      const answer = await post(`/v1/executions/${await run('echo')}/cancel`, {});
      expect(answer.statusCode).toBe(409);
      expect(answer.json()).toMatchObject({ code: 'EXECUTION_FINISHED' });
    });

    it('answers 404 when there is none', async () => {
      expect((await post('/v1/executions/nothing/cancel')).statusCode).toBe(404);
    });

    it.each([{ reason: 'r'.repeat(1_001) }, { reason: 1 }, { why: 'x' }, null, []])(
      'answers 400 to %j',
      async (body) => {
        expect((await post(`/v1/executions/${await begin()}/cancel`, body)).statusCode).toBe(400);
      },
    );

    it('answers 400 to a query', async () => {
      expect((await post(`/v1/executions/${await begin()}/cancel?reason=x`)).statusCode).toBe(400);
    });
  });

  describe('POST /v1/executions/:id/retry', () => {
    it('runs a failed execution again', async () => {
      const executionId = await run('sick');
      healed = true;
      const answer = await post(`/v1/executions/${executionId}/retry`);
      expect(answer.statusCode).toBe(202);
      expect(answer.json()).toEqual({ executionId, status: 'pending' });
      expect(answer.headers.location).toBe(`/v1/executions/${executionId}`);
      expect((await read(`/v1/executions/${executionId}?waitMs=60000`)).json()).toMatchObject({
        status: 'completed',
      });
    });

    it('answers 409 to one that completed', async () => {
      const answer = await post(`/v1/executions/${await run('echo')}/retry`, {});
      expect(answer.statusCode).toBe(409);
      expect(answer.json()).toMatchObject({ code: 'EXECUTION_NOT_RETRYABLE' });
    });

    it('takes no arguments', async () => {
      expect((await post(`/v1/executions/${await run('sick')}/retry`, { from: 'only' })).statusCode).toBe(
        400,
      );
    });
  });

  it('meets whatever is sent with an answer below 500', async () => {
    const id = fc.oneof(fc.string(), fc.constantFrom('..', '%00', '%zz', '__proto__', 'constructor'));
    const path = fc.oneof(
      fc.constant('/v1/executions'),
      id.map((text) => `/v1/executions/${text}`),
      fc
        .tuple(id, fc.constantFrom('cancel', 'retry', 'events'))
        .map(([text, verb]) => `/v1/executions/${encodeURIComponent(text)}/${verb}`),
    );
    const query = fc.oneof(
      fc.constant(''),
      fc.string().map((text) => `?${text}`),
      fc
        .dictionary(
          fc.constantFrom('waitMs', 'limit', 'cursor', 'status', 'workflowId', '__proto__'),
          fc.string(),
        )
        .map((keys) => `?${new URLSearchParams(keys).toString()}`),
      fc.webQueryParameters().map((text) => `?${text}`),
    );
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record(
          { workflow: fc.jsonValue(), input: fc.jsonValue(), priority: fc.jsonValue() },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value)),
      fc.jsonValue().map((value) => JSON.stringify({ workflow: { id: 'w', steps: [value] } })),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const headers = fc.record(
      {
        'content-type': fc.oneof(
          { weight: 3, arbitrary: fc.constant('application/json') },
          { weight: 1, arbitrary: fc.string() },
        ),
        'idempotency-key': fc.string(),
        'content-encoding': fc.constantFrom('gzip', 'identity', ''),
        'transfer-encoding': fc.constantFrom('chunked', 'xchunked', ''),
      },
      { requiredKeys: ['content-type'] },
    );
    const method = fc.constantFrom('GET', 'POST', 'HEAD', 'DELETE', 'PUT', 'OPTIONS');
    await fc.assert(
      fc.asyncProperty(method, path, query, headers, body, async (verb, route, search, head, payload) => {
        // The slash keeps the text a path: `//host` would be a host.
        const url = `${route}${search}`.replaceAll('//', '/');
        const answer = await app.inject({
          method: verb as 'GET',
          url: { pathname: url },
          headers: head,
          payload,
        });
        expect(answer.statusCode).toBeLessThan(500);
        if (answer.statusCode >= 400) expect(answer.headers['content-type']).toBe('application/problem+json');
      }),
      { numRuns: 300 },
    );
  });
});

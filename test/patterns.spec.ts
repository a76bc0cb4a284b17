import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { eventually } from './helpers/eventually.js';
import { startHttpAgent, type HttpAgentServer } from './helpers/http-agent.js';
import { patternClient, patternsPort, rawPatterns, type PatternClient } from './helpers/pattern-client.js';
import { failToStart, startService, type Service } from './helpers/service.js';
import { promisedLines, runSnippet, snippetsOf } from './helpers/snippets.js';
import { functionPool, httpPool, oneStep } from './helpers/workflows.js';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const tcp = (more: object = {}): object => ({ transport: 'tcp', port: 0, ...more });
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('executions over message patterns', () => {
  let agent: HttpAgentServer;
  let service: Service;
  let client: PatternClient;

  beforeAll(async () => {
    agent = await startHttpAgent();
    service = await startService({
      lifetime: 'file',
      config: {
        microservice: tcp(),
        pools: [
          httpPool('http', agent.url, { size: { min: 4 } }),
          functionPool('local', { size: { min: 4 } }),
        ],
      },
    });
    client = patternClient(service);
  });

  /** One that runs until it is cancelled. */
  const begin = async (): Promise<string> =>
    (await client.send('submit', { workflow: oneStep('local', { do: 'sleep', ms: 60_000 }) })).executionId;

  it('are submitted and got as over REST', async () => {
    const accepted = await client.send('submit', {
      workflow: oneStep('local'),
      input: { a: 1 },
      priority: 9,
    });
    expect(accepted).toEqual({ executionId: expect.any(String), status: 'pending' });
    const execution = await client.send('get', { executionId: accepted.executionId, waitMs: 20_000 });
    expect(execution).toMatchObject({ status: 'completed', input: { a: 1 }, priority: 9 });
    expect(execution).toEqual((await service.client.get(`/v1/executions/${accepted.executionId}`)).json);
  });

  it('are answered whole when they finish within waitMs, and as they are otherwise', async () => {
    expect(await client.send('submit', { workflow: oneStep('local'), waitMs: 20_000 })).toMatchObject({
      status: 'completed',
      steps: { only: { status: 'completed' } },
    });
    const slow = oneStep('local', { do: 'sleep', ms: 60_000 });
    const { executionId, ...rest } = await client.send('submit', { workflow: slow, waitMs: 50 });
    expect(rest).toEqual({ status: 'running' });
    expect(await client.send('get', { executionId, waitMs: 50 })).toMatchObject({ status: 'running' });
    expect(await client.send('cancel', { executionId })).toMatchObject({ executionId });
  });

  it('are cancelled, once', async () => {
    const executionId = await begin();
    expect(await client.send('cancel', { executionId, reason: 'enough' })).toMatchObject({
      executionId,
      cancelRequestedAt: expect.any(String),
    });
    expect(await client.send('get', { executionId, waitMs: 20_000 })).toMatchObject({
      status: 'cancelled',
      error: { message: expect.stringContaining('enough') },
    });
    expect(await client.refusal('cancel', { executionId })).toMatchObject({
      code: 'EXECUTION_FINISHED',
      retryable: false,
    });
    expect((await client.refusal('get', { executionId: 'nobody' })).code).toBe('EXECUTION_NOT_FOUND');
  });

  it.each([
    ['no document', 5],
    ['nothing', {}],
    ['unknown keys', { workflow: oneStep('local'), extra: 1, more: 2 }],
    ['bad options', { workflow: oneStep('local'), priority: 11, timeoutMs: 'soon' }],
    ['a bad workflow', { workflow: { id: '', steps: [{ id: 'a', capability: 'x', dependsOn: ['b'] }] } }],
    ['both', { workflow: { id: 'w', steps: [] }, priority: 1.5, extra: null }],
    ['too deep an input', { workflow: oneStep('local'), input: JSON.parse(nested(200)) as unknown }],
    ['an unknown capability', { workflow: oneStep('nobody') }],
  ])('are refused for %s with the problems that REST lists', async (_what, document) => {
    const rest = (await service.client.post('/v1/executions', JSON.stringify(document))).json;
    expect(rest.errors.length).toBeGreaterThan(0);
    expect(await client.refusal('submit', document)).toEqual({
      code: rest.code,
      message: rest.detail,
      retryable: false,
      errors: rest.errors,
    });
  });

  it.each([
    ['get', { executionId: '', waitMs: 60_001, extra: 1 }, ['executionId', 'waitMs', 'extra']],
    ['cancel', { reason: 5 }, ['executionId', 'reason']],
    ['submit', { workflow: oneStep('local'), waitMs: -1, deadlineMs: 1.5 }, ['deadlineMs', 'waitMs']],
  ] as const)('lists every problem of a %s', async (command, payload, paths) => {
    const { code, errors = [] } = await client.refusal(command, payload);
    expect(code).toBe('VALIDATION_FAILED');
    expect(errors.map(({ path }) => path)).toEqual(paths);
  });

  it('are one for one idempotency key, through whichever door', async () => {
    const workflow = oneStep('local', { do: 'sleep', ms: 50 });
    const [overRest, overTcp, later] = await Promise.all([
      service.client.post('/v1/executions', { workflow }, { headers: { 'idempotency-key': 'both' } }),
      client.send('submit', { workflow, idempotencyKey: 'both' }),
      client.send('submit', { workflow, idempotencyKey: 'both', deadlineMs: 5_000, traceparent: TRACE }),
    ]);
    expect([overTcp.executionId, later.executionId]).toEqual([
      overRest.json.executionId,
      overRest.json.executionId,
    ]);
    const other = { workflow: oneStep('local'), idempotencyKey: 'both' };
    expect((await client.refusal('submit', other)).code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it('last no longer than their caller waits', async () => {
    const workflow = oneStep('local', { do: 'sleep', ms: 60_000 });
    const execution = await client.send('submit', { workflow, deadlineMs: 300, waitMs: 20_000 });
    const ended = await client.send('get', { executionId: execution.executionId, waitMs: 20_000 });
    expect(ended).toMatchObject({ status: 'timed_out', timeoutMs: 300 });
    const own = await client.send('submit', { workflow: oneStep('local'), timeoutMs: 50, deadlineMs: 9_000 });
    expect(await client.send('get', { executionId: own.executionId })).toMatchObject({ timeoutMs: 50 });
    const longest = { workflow: oneStep('local'), deadlineMs: Number.MAX_SAFE_INTEGER };
    const { executionId } = await client.send('submit', longest);
    expect(await client.send('get', { executionId })).toMatchObject({ timeoutMs: 300_000 });

    const running = await begin();
    const from = Date.now();
    const waited = await client.send('get', { executionId: running, waitMs: 60_000, deadlineMs: 100 });
    expect(waited.status).toBe('running');
    expect(Date.now() - from).toBeLessThan(10_000);
    await client.send('cancel', { executionId: running });
  });

  it('are not touched when the deadline has passed', async () => {
    const executionId = await begin();
    const before = (await service.client.list()).items.length;
    for (const deadlineMs of [0, -5]) {
      for (const [command, payload] of [
        ['submit', { workflow: oneStep('local') }],
        ['get', { executionId }],
        ['cancel', { executionId }],
      ] as const) {
        expect(await client.refusal(command, { ...payload, deadlineMs })).toMatchObject({
          code: 'DEADLINE_EXCEEDED',
          retryable: false,
        });
      }
    }
    expect((await service.client.list()).items).toHaveLength(before);
    expect((await client.send('get', { executionId })).cancelRequestedAt).toBeNull();
    await client.send('cancel', { executionId });
  });

  it('hand their trace on to the agents, and do without a malformed one', async () => {
    const traced = { workflow: oneStep('http'), waitMs: 20_000, traceparent: TRACE };
    const { executionId } = await client.send('submit', traced);
    expect(agent.callsOf(executionId as string)[0]?.headers.traceparent).toBe(TRACE);
    const broken = await client.send('submit', { ...traced, traceparent: { no: 'trace' } });
    expect(agent.callsOf(broken.executionId as string)[0]?.headers).not.toHaveProperty('traceparent');
  });
});

describe('the documentation', () => {
  it('has a client that prints what its comments say', async () => {
    const service = await startService({ config: { microservice: tcp(), pools: [functionPool('greet')] } });
    const [{ name, text } = { name: '', text: '' }] = snippetsOf('docs/message-patterns.md').filter(
      ({ language }) => language === 'js',
    );
    const { stdout, stderr } = await runSnippet(name, text.replace('4000', String(patternsPort(service))));
    expect({ stderr, lines: stdout.trim().split('\n') }).toEqual({ stderr: '', lines: promisedLines(text) });
  });
});

describe('who may send messages', () => {
  const key = (scope: string): object => ({
    id: scope,
    sha256: createHash('sha256').update(`${scope}-secret`).digest('hex'),
    scopes: [scope],
  });

  it('is whose key has the scope, as over REST', async () => {
    const service = await startService({
      config: {
        microservice: tcp({ host: '0.0.0.0' }),
        pools: [functionPool('local')],
        auth: { apiKeys: [key('read'), key('execute')] },
      },
    });
    const client = patternClient(service);
    const workflow = oneStep('local');
    expect(await client.refusal('submit', { workflow })).toEqual({
      code: 'UNAUTHENTICATED',
      message: 'send an API key: "apiKey" in the payload',
      retryable: false,
    });
    for (const apiKey of ['wrong', '', 5, null])
      expect((await client.refusal('get', { executionId: 'e', apiKey })).code).toBe('UNAUTHENTICATED');
    expect((await client.refusal('submit', 'no object')).code).toBe('UNAUTHENTICATED');
    expect((await client.refusal('submit', { workflow, apiKey: 'read-secret' })).code).toBe('FORBIDDEN');
    const { executionId } = await client.send('submit', { workflow, apiKey: 'execute-secret' });
    expect((await client.refusal('get', { executionId, apiKey: 'execute-secret' })).code).toBe('FORBIDDEN');
    expect(await client.send('get', { executionId, apiKey: 'read-secret' })).toMatchObject({ executionId });
    expect(service.output).not.toContain('secret');
  });

  it('is nobody on other machines where there are no keys', async () => {
    const { code, stderr } = await failToStart({
      config: { microservice: tcp({ host: '0.0.0.0', portt: 1 }) },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/- microservice\.portt: .*\n- microservice\.host: 0\.0\.0\.0 is reachable/);
  });
});

describe('the start and the end of message patterns', () => {
  it('says in one line that the port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = taken.address() as AddressInfo;
    try {
      const { code, stderr } = await failToStart({ config: { microservice: tcp({ port }) } });
      expect(stderr).toBe(
        `127.0.0.1:${port} is in use: stop what listens there, or set another microservice.port\n`,
      );
      expect(code).toBe(1);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('is not held up by clients that are connected, idle or in the middle of a message', async () => {
    const service = await startService({ config: { microservice: tcp(), pools: [functionPool('local')] } });
    const client = patternClient(service);
    await client.connect();
    const [silent, half] = [rawPatterns(service), rawPatterns(service)];
    half.write('50#{"pattern"');
    await client.send('submit', { workflow: oneStep('local'), waitMs: 20_000 });
    const { code, durationMs, stderr } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(durationMs).toBeLessThan(5_000);
    await Promise.all([silent.closed, half.closed]);
  });

  it('answers what is under way, and tells others to go elsewhere meanwhile', async () => {
    const service = await startService({ config: { microservice: tcp(), pools: [functionPool('local')] } });
    const client = patternClient(service);
    const workflow = oneStep('local', { do: 'sleep', ms: 1_500 });
    const { executionId } = await client.send('submit', { workflow });
    const waiting = client.send('get', { executionId, waitMs: 30_000 });
    const exit = service.stop();
    await eventually(() => service.stdout.includes('SIGTERM: draining'));
    const refused = await eventually(async () => {
      const [submit, get] = await Promise.all([
        client.refusal('submit', { workflow }),
        client.refusal('get', { executionId: 'nobody' }),
      ]);
      return get.code === 'SHUTTING_DOWN' ? [submit, get] : undefined;
    });
    for (const problem of refused) {
      expect(problem).toEqual({
        code: 'SHUTTING_DOWN',
        message: expect.any(String),
        retryable: true,
        retryAfterMs: 5_000,
      });
    }
    expect(await waiting).toMatchObject({ status: 'completed' });
    expect((await exit).code).toBe(0);
  });
});

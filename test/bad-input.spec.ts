import fc from 'fast-check';
import type { Answer } from './helpers/client.js';
import { residentBytes } from './helpers/processes.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

const MAX_DELAY_MS = 2_147_483_647;
const step = (more: object = {}, id = 'a'): object => ({ id, capability: 'local', ...more });
const workflow = (more: object = {}): object => ({ id: 'w', steps: [step()], ...more });
const withStep = (more: object): object => ({ workflow: workflow({ steps: [step(more)] }) });
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const NO_INTEGERS = [null, '5', 1.5, -1, true, [], {}];
const NO_TEXTS = [null, 5, true, [], {}];
const BAD_IDS = [...NO_TEXTS, '', 'x'.repeat(257), 'a\0b', '\ud800'];

/** What a request to submit is refused for, by the path of the problem. */
const REFUSED: [path: string, bodies: unknown[]][] = [
  ['', [[], 5, '"text"', 'null', 'true']],
  ['extra', [{ workflow: workflow(), extra: 1 }]],
  ['priority', [...NO_INTEGERS, 11].map((priority) => ({ workflow: workflow(), priority }))],
  [
    'timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => ({ workflow: workflow(), timeoutMs })),
  ],
  ['workflow', [{}, ...[null, 5, 'text', []].map((value) => ({ workflow: value }))]],
  ['workflow.extra', [{ workflow: workflow({ extra: 1 }) }]],
  [
    'workflow.id',
    [{ workflow: { steps: [step()] } }, ...BAD_IDS.map((id) => ({ workflow: workflow({ id }) }))],
  ],
  ['workflow.name', [...NO_TEXTS, '', 'x'.repeat(257)].map((name) => ({ workflow: workflow({ name }) }))],
  ['workflow.mode', [...NO_TEXTS, 'fast'].map((mode) => ({ workflow: workflow({ mode }) }))],
  ['workflow.priority', [...NO_INTEGERS, 11].map((priority) => ({ workflow: workflow({ priority }) }))],
  [
    'workflow.timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => ({ workflow: workflow({ timeoutMs }) })),
  ],
  ['workflow.metadata', [null, 5, 'text', []].map((metadata) => ({ workflow: workflow({ metadata }) }))],
  [
    'workflow.output',
    [
      { workflow: workflow({ output: '{% ( %}' }) },
      { workflow: workflow({ output: '{% $steps.b.output %}' }) },
    ],
  ],
  [
    'workflow.steps',
    [
      { workflow: { id: 'w' } },
      ...[null, 5, 'a', {}, []].map((steps) => ({ workflow: workflow({ steps }) })),
    ],
  ],
  ['workflow.steps[0]', [null, 5, 'a', []].map((value) => ({ workflow: workflow({ steps: [value] }) }))],
  ['workflow.steps[0].extra', [withStep({ extra: 1 })]],
  [
    'workflow.steps[0].id',
    [
      ...NO_TEXTS,
      '',
      '1a',
      'a-b',
      'a b',
      '_a',
      'é',
      'x'.repeat(65),
      'toString',
      'constructor',
      'hasOwnProperty',
      '__proto__',
    ].map((id) => ({ workflow: workflow({ steps: [step({}, id as string)] }) })),
  ],
  ['workflow.steps[1].id', [{ workflow: workflow({ steps: [step(), step()] }) }]],
  ['workflow.steps[0].name', [...NO_TEXTS, ''].map((name) => withStep({ name }))],
  [
    'workflow.steps[0].capability',
    [...BAD_IDS, 'nobody', 'LOCAL', 'toString'].map((capability) => withStep({ capability })),
  ],
  ['workflow.steps[0].dependsOn', [null, 5, 'a', {}].map((dependsOn) => withStep({ dependsOn }))],
  [
    'workflow.steps[0].dependsOn[0]',
    [['a'], ['b'], [5], ['__proto__'], ['toString']].map((dependsOn) => withStep({ dependsOn })),
  ],
  [
    'workflow.steps[1].dependsOn[1]',
    [{ workflow: workflow({ steps: [step(), step({ dependsOn: ['a', 'a'] }, 'b')] }) }],
  ],
  [
    'workflow.steps[0].when',
    [...NO_TEXTS, 'true', '{% ( %}', '{% $steps.b.output %}'].map((when) => withStep({ when })),
  ],
  [
    'workflow.steps[0].input',
    ['{% ( %}', '{% $steps.a.output %}', '{% $steps.b.output %}'].map((input) => withStep({ input })),
  ],
  ['workflow.steps[0].input.x[1]', [withStep({ input: { x: [1, '{% 1 + %}'] } })]],
  [
    'workflow.steps[0].timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => withStep({ timeoutMs })),
  ],
  ['workflow.steps[0].retry', [null, 5, []].map((retry) => withStep({ retry }))],
  ['workflow.steps[0].retry.extra', [withStep({ retry: { extra: 1 } })]],
  [
    'workflow.steps[0].retry.maxAttempts',
    [...NO_INTEGERS, 0, 101].map((maxAttempts) => withStep({ retry: { maxAttempts } })),
  ],
  [
    'workflow.steps[0].retry.baseDelayMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((baseDelayMs) => withStep({ retry: { baseDelayMs } })),
  ],
  [
    'workflow.steps[0].retry.maxDelayMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((maxDelayMs) => withStep({ retry: { maxDelayMs } })),
  ],
  [
    'workflow.steps[0].retry.multiplier',
    [null, '2', 0, 0.5, -1, 101].map((multiplier) => withStep({ retry: { multiplier } })),
  ],
  ['workflow.steps[0].onError', [...NO_TEXTS, 'explode'].map((onError) => withStep({ onError }))],
];

const MALFORMED = [
  '{',
  '{"a":}',
  "{'a': 1}",
  '{"a": NaN}',
  '{"a": Infinity}',
  '{"a": 1,}',
  '// comment\n{}',
  '\ufeff{}',
  '{"a": "\u0001"}',
  '{"__proto__": {"polluted": 1}}',
  '{"workflow": {"__proto__": {"polluted": 1}}}',
  '{"workflow": {"\\u005f\\u005fproto__": {"polluted": 1}}}',
  '{"input": {"constructor": {"prototype": {"polluted": 1}}}}',
  Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
];

describe('bad input', () => {
  let service: Service;
  let residentBefore: number;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: { pools: [functionPool('local', { size: { min: 4 } })] },
    });
    await service.client.run(oneStep('local'));
    residentBefore = residentBytes(service.pid);
  });

  afterAll(async () => {
    expect((await service.client.get('/health/ready')).status).toBe(200);
    const { steps } = await service.client.run(oneStep('local', { do: 'look-for-pollution' }));
    expect(steps.only?.output).toEqual({ polluted: null });
    expect(residentBytes(service.pid) - residentBefore).toBeLessThan(200_000_000);
    expect(service.stderr).toBe('');
  });

  const submit = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
    service.client.send('POST', '/v1/executions', {
      body: typeof body === 'number' ? JSON.stringify(body) : body,
      headers: { 'content-type': 'application/json', ...headers },
    });

  /** Every refusal is a problem as RFC 9457 has it, without a stack. */
  const expectProblem = ({ status, headers, json, text }: Answer, expected: number, code: string): void => {
    expect({ status, code: json?.code, text }).toEqual({ status: expected, code, text });
    expect(headers['content-type']).toBe('application/problem+json');
    expect(json).toMatchObject({
      status,
      title: expect.any(String),
      detail: expect.any(String),
      type: expect.any(String),
    });
    expect(text).not.toMatch(/\bat .*\.js:\d+|node_modules|file:\/\//);
  };
  const pathsOf = ({ json }: Answer): string[] => (json.errors as { path: string }[]).map(({ path }) => path);

  describe('a workflow that is submitted', () => {
    it.each(REFUSED)('is refused for %j, with that path (fault 47)', async (path, bodies) => {
      for (const body of bodies) {
        const answer = await submit(body);
        expectProblem(answer, 400, 'VALIDATION_FAILED');
        const paths = pathsOf(answer);
        expect({ body, paths: [...new Set(paths)] }).toEqual({ body, paths: [path] });
      }
    });

    it('is refused with every problem at once', async () => {
      const answer = await submit(
        {
          priority: 11,
          colour: 'red',
          workflow: {
            id: '',
            timeoutMs: 0,
            steps: [
              { id: 'a', capability: 'nobody', dependsOn: ['c', 'x'], retry: { maxAttempts: 0 } },
              { id: 'a', capability: 'local', when: 'yes' },
              { id: 'c', capability: 'local', dependsOn: ['a'], input: '{% ( %}', onError: 'explode' },
            ],
          },
        },
        { 'idempotency-key': 'x'.repeat(257) },
      );
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(pathsOf(answer).sort()).toEqual(
        [
          'Idempotency-Key',
          'colour',
          'priority',
          'workflow.id',
          'workflow.timeoutMs',
          'workflow.steps[0].capability',
          'workflow.steps[0].dependsOn[1]',
          'workflow.steps[0].retry.maxAttempts',
          'workflow.steps[1].id',
          'workflow.steps[1].when',
          'workflow.steps[2].dependsOn[0]',
          'workflow.steps[2].input',
          'workflow.steps[2].onError',
        ].sort(),
      );
      expect(answer.json.detail).toBe('the request has 13 problems');
    });

    it('has its cycles named, step by step (fault 43)', async () => {
      const answer = await submit({
        workflow: workflow({
          steps: [
            step({ dependsOn: ['c'] }, 'a'),
            step({ dependsOn: ['a'] }, 'b'),
            step({ dependsOn: ['b'] }, 'c'),
            step({ dependsOn: ['d'] }, 'd'),
            step({ dependsOn: ['c'] }, 'e'),
          ],
        }),
      });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      const errors = answer.json.errors as { path: string; message: string }[];
      expect(errors).toHaveLength(2);
      const cycle = errors.find(({ message }) => message.includes('cycle'));
      expect(cycle?.message).toMatch(/a → c → b → a|c → b → a → c|b → a → c → b/);
      expect(errors.find(({ path }) => path === 'workflow.steps[3].dependsOn[0]')?.message).toContain(
        'itself',
      );
    });

    it.each(['1e999', '-1e999', '1e-1', '99999999999999999999'])(
      'is refused for the number %s (fault 47)',
      async (number) => {
        const answer = await submit(
          `{"workflow":{"id":"w","timeoutMs":${number},"steps":[{"id":"a","capability":"local"}]}}`,
        );
        expectProblem(answer, 400, 'VALIDATION_FAILED');
        expect(new Set(pathsOf(answer))).toEqual(new Set(['workflow.timeoutMs']));
        const input = await submit(
          '{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}]},"input":{"x":1e999}}',
        );
        expect(pathsOf(input)).toEqual(['input.x']);
      },
    );

    it('is refused when it has more than maxSteps steps, quickly (fault 44)', async () => {
      const steps = Array.from({ length: 10_000 }, (_, index) =>
        step(index === 0 ? {} : { dependsOn: [`s${index - 1}`] }, `s${index}`),
      );
      const from = Date.now();
      const answer = await submit({ workflow: workflow({ steps }) });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(answer.json.errors).toEqual([
        { path: 'workflow.steps', message: '10000 steps are more than 1000' },
      ]);
      expect(Date.now() - from).toBeLessThan(3_000);
    });

    it.each([101, 5_000, 100_000])(
      'is refused when its input is nested %i deep (fault 45)',
      async (depth) => {
        const asInput = await submit(`{"workflow":${JSON.stringify(workflow())},"input":${nested(depth)}}`);
        expectProblem(asInput, 400, 'VALIDATION_FAILED');
        expect(pathsOf(asInput)).toHaveLength(1);
        const ofStep = await submit(
          `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local","input":${nested(depth)}}]}}`,
        );
        expectProblem(ofStep, 400, 'VALIDATION_FAILED');
        const asWorkflow = await submit(`{"workflow":${nested(depth)}}`);
        expectProblem(asWorkflow, 400, 'VALIDATION_FAILED');
      },
    );

    it('may hold a lot of data, and has its many problems counted (fault 45)', async () => {
      const items = `[${Array(400_000).fill('1').join(',')}]`;
      expect((await submit(`{"workflow":${JSON.stringify(workflow())},"input":${items}}`)).status).toBe(202);
      const answer = await submit(`{"workflow":{"id":"w","steps":${items}}}`);
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(answer.json.errors.length).toBeLessThan(1_001);
    });

    it.each([
      'ünïcödé ✓',
      '‮rtl',
      'e\u0301',
      '\u00e9',
      '👩‍🚀',
      'a:b',
      '0:',
      '123',
      '../..',
      'a\r\nX-Evil: 1',
      ' ',
      'x'.repeat(256),
    ])('may be named %j, which comes back intact (fault 46)', async (id) => {
      const execution = await service.client.run({ ...oneStep('local'), id });
      expect(execution).toMatchObject({ workflowId: id, status: 'completed' });
      const { items } = await service.client.list(`?workflowId=${encodeURIComponent(id)}`);
      expect(items.map(({ executionId }) => executionId)).toEqual([execution.executionId]);
    });

    it('takes the last of repeated keys, as JSON.parse does (fault 41)', async () => {
      const answer = await submit(
        '{"priority":99,"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}]},"priority":1}',
      );
      expect(answer.status).toBe(202);
      expect((await service.client.finished(answer.json.executionId as string)).priority).toBe(1);
    });

    it('never fails the service, whatever it is (fault 42)', async () => {
      const keys = fc.constantFrom(
        'id',
        'steps',
        'capability',
        'dependsOn',
        'input',
        'retry',
        'when',
        'output',
        'metadata',
        'constructor',
      );
      const value = fc.letrec((tie) => ({
        any: fc.oneof(
          { maxDepth: 4 },
          fc.constantFrom<unknown>(
            null,
            true,
            -1,
            1e308,
            '',
            'a',
            'local',
            'toString',
            '{% $input %}',
            '{% $steps.a.output %}',
            '{% (',
          ),
          fc.array(tie('any'), { maxLength: 3 }),
          fc.dictionary(keys, tie('any'), { maxKeys: 4 }),
        ),
      })).any;
      const bodies = fc.sample(fc.tuple(value, value, value), 300).flatMap(([first, second, third]) => [
        { workflow: first, input: second },
        {
          workflow: {
            id: 'w',
            steps: [{ id: 'a', capability: 'local', input: first, when: second }],
            output: third,
          },
        },
        { workflow: { id: 'w', steps: [first, second], metadata: third } },
      ]);
      const statuses = new Set<number>();
      for (let at = 0; at < bodies.length; at += 20) {
        const answers = await Promise.all(bodies.slice(at, at + 20).map((body) => submit(body)));
        for (const { status } of answers) statuses.add(status);
      }
      expect([...statuses].sort()).toEqual([202, 400]);
    });
  });

  describe('a body', () => {
    it.each(MALFORMED.map((body) => [body]))('is refused when it is %j (faults 41 and 42)', async (body) => {
      expectProblem(await submit(body), 400, 'MALFORMED_JSON');
    });

    it.each([
      ['text/plain', {}],
      ['application/x-www-form-urlencoded', {}],
      ['application/json; charset=utf-16', {}],
      ['application/json', { 'content-encoding': 'gzip' }],
    ])('of type %s %j is refused', async (type, headers) => {
      expectProblem(await submit('{}', { 'content-type': type, ...headers }), 415, 'UNSUPPORTED_MEDIA_TYPE');
    });

    it('of more than bodyLimitBytes is refused (fault 40)', async () => {
      for (const size of [1_048_577, 10_000_000]) {
        expectProblem(await submit(`"${'x'.repeat(size - 2)}"`), 413, 'PAYLOAD_TOO_LARGE');
      }
    });

    it('is an object with a reason or nothing, for a cancel; nothing, for a retry', async () => {
      for (const [body, path] of [
        [{ reason: 5 }, 'reason'],
        [{ reason: 'x'.repeat(1_001) }, 'reason'],
        [{ because: 'x' }, 'because'],
        [[], ''],
      ] as const) {
        const answer = await service.client.post('/v1/executions/x/cancel', body);
        expectProblem(answer, 400, 'VALIDATION_FAILED');
        expect(pathsOf(answer)).toEqual([path]);
      }
      expectProblem(
        await service.client.post('/v1/executions/x/retry', { now: true }),
        400,
        'VALIDATION_FAILED',
      );
    });
  });

  describe('a query', () => {
    const tooMany = Array.from({ length: 1_000 }, (_, index) => `q${index}=1`).join('&');
    it.each([
      ['/v1/executions?limit=0', ['limit']],
      ['/v1/executions?limit=501', ['limit']],
      ['/v1/executions?limit=-1&status=lost&workflowId=', ['limit', 'status', 'workflowId']],
      ['/v1/executions?limit=5.0', ['limit']],
      ['/v1/executions?limit=1e2', ['limit']],
      ['/v1/executions?limit=', ['limit']],
      ['/v1/executions?limit=1&limit=2', ['limit']],
      ['/v1/executions?colour=red', ['colour']],
      ['/v1/executions?workflowId=%00', ['workflowId']],
      ['/v1/executions/x?waitMs=60001', ['waitMs']],
      ['/v1/executions/x?waitMs=-1', ['waitMs']],
      ['/v1/executions/x?waitMs=NaN', ['waitMs']],
      ['/v1/executions/%00', ['id']],
      [`/v1/executions/${'x'.repeat(257)}`, ['id']],
      [`/v1/executions/${'x'.repeat(1_000)}?limit=1`, ['id', 'limit']],
    ])('%s is refused', async (path, paths) => {
      const answer = await service.client.get(path);
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(pathsOf(answer).sort()).toEqual(paths);
    });

    it('of a thousand parameters is refused (fault 40)', async () => {
      expectProblem(await service.client.get(`/v1/executions?${tooMany}`), 400, 'VALIDATION_FAILED');
    });

    it('may hold only cursors that were issued here', async () => {
      for (const cursor of ['x', '0', 'e30', '%00', '{"a":1}', 'x'.repeat(5_000)]) {
        const answer = await service.client.get(`/v1/executions?cursor=${encodeURIComponent(cursor)}`);
        expectProblem(answer, 400, 'INVALID_CURSOR');
      }
      expectProblem(await service.client.get('/v1/executions?cursor='), 400, 'VALIDATION_FAILED');
    });
  });

  describe('a request', () => {
    it.each([
      ['GET', '/', 404, 'ROUTE_NOT_FOUND'],
      ['GET', '/v2/executions', 404, 'ROUTE_NOT_FOUND'],
      ['GET', '/v1/executions/..%2f..%2fetc', 404, 'EXECUTION_NOT_FOUND'],
      ['GET', '/v1/executions/nothing', 404, 'EXECUTION_NOT_FOUND'],
      ['GET', `/v1/executions/${encodeURIComponent('✓ ‮ \r\n 👩‍🚀')}`, 404, 'EXECUTION_NOT_FOUND'],
      ['GET', '/v1/pools/nobody', 404, 'CAPABILITY_UNKNOWN'],
      ['GET', '/v1/executions/%zz', 400, 'BAD_REQUEST'],
      ['DELETE', '/v1/executions', 405, 'METHOD_NOT_ALLOWED'],
      ['PUT', '/v1/executions/x', 405, 'METHOD_NOT_ALLOWED'],
      ['GET', '/v1/executions/x/cancel', 405, 'METHOD_NOT_ALLOWED'],
      ['POST', '/health', 405, 'METHOD_NOT_ALLOWED'],
    ])('%s %s is answered with %i %s', async (method, path, status, code) => {
      const answer = await service.client.send(method, path);
      expectProblem(answer, status, code);
      if (status === 405) expect(answer.headers.allow).toEqual(expect.any(String));
    });

    it('with a head of 20 kB is refused (fault 40)', async () => {
      expectProblem(
        await service.client.get('/info', { headers: { 'x-long': 'x'.repeat(20_000) } }),
        431,
        'HEADERS_TOO_LARGE',
      );
    });

    it('has an idempotency key of 1 to 256 characters, or none', async () => {
      for (const key of ['', 'x'.repeat(257)]) {
        const answer = await submit({ workflow: workflow() }, { 'idempotency-key': key });
        expectProblem(answer, 400, 'VALIDATION_FAILED');
        expect(pathsOf(answer)).toEqual(['Idempotency-Key']);
      }
    });
  });
});

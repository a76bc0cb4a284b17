/** Bodies, queries and paths that no client of good will sends, and keys that would reach the prototype of everything. */
import fc from 'fast-check';
import type { Answer } from '../helpers/client.js';
import { expectProblem, pathsOf } from '../helpers/problems.js';
import type { Service } from '../helpers/service.js';
import { expectUnharmed, startTarget, type Target } from '../helpers/target.js';
import { oneStep } from '../helpers/workflows.js';

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

let target: Target;
let service: Service;

beforeAll(async () => {
  target = await startTarget();
  service = target.service;
});

const submit = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  service.client.post('/v1/executions', body, { headers });

describe('FAULTS 41: a body that is not JSON', () => {
  it.each(MALFORMED.map((body) => [body]))('is refused when it is %j', async (body) => {
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

  it('takes the last of repeated keys, as JSON.parse does', async () => {
    const answer = await submit(
      '{"priority":99,"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}]},"priority":1}',
    );
    expect(answer.status).toBe(202);
    expect((await service.client.finished(answer.json.executionId as string)).priority).toBe(1);
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

describe('FAULTS 42: the prototype of everything', () => {
  const INPUTS = 10_000;
  const BATCH = 100;
  /** A character of a key as it is, or escaped. */
  const spelt = (word: string): fc.Arbitrary<string> =>
    fc.array(fc.boolean(), { minLength: word.length, maxLength: word.length }).map((escaped) =>
      Array.from(word)
        .map((letter, at) =>
          escaped[at] === true ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}` : letter,
        )
        .join(''),
    );
  const payload = fc.oneof(
    spelt('__proto__').map((key) => `{"${key}":{"polluted":1}}`),
    fc.tuple(spelt('constructor'), spelt('prototype')).map(([a, b]) => `{"${a}":{"${b}":{"polluted":1}}}`),
    spelt('prototype').map((key) => `{"${key}":{"polluted":1}}`),
    spelt('constructor').map((key) => `{"${key}":{"polluted":1}}`),
    fc.constantFrom(
      '"{% {\\"__proto__\\": {\\"polluted\\": 1}} %}"',
      '"{% $input ~> |$|{\\"__proto__\\": {\\"polluted\\": 1}}| %}"',
      '"{% $merge([{\\"__proto__\\": {\\"polluted\\": 1}}]) %}"',
      '"{% $steps.constructor.prototype %}"',
      '"{% $input.__proto__.polluted %}"',
    ),
  );
  const nestedPayload = fc
    .tuple(payload, fc.array(fc.constantFrom('a', 'b', 0), { maxLength: 4 }))
    .map(([inner, path]) =>
      path.reduce<string>((text, key) => (key === 0 ? `[${text}]` : `{"${key}":${text}}`), inner),
    );
  const request = fc.tuple(
    fc.constantFrom(
      (hostile: string) =>
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}]},"input":${hostile}}`,
      (hostile: string) =>
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local","input":${hostile}}]}}`,
      (hostile: string) =>
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}],"output":${hostile}}}`,
      (hostile: string) =>
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}],"metadata":${hostile}}}`,
      (hostile: string) => `{"workflow":${hostile}}`,
      (hostile: string) => hostile,
    ),
    nestedPayload,
    fc.option(
      fc.constantFrom(
        '__proto__[polluted]=1',
        '__proto__.polluted=1',
        'constructor[prototype][polluted]=1',
        'constructor.prototype.polluted=1',
        '%5f%5fproto__%5bpolluted%5d=1',
        '__proto__=polluted',
      ),
      { freq: 3 },
    ),
  );

  it(`is not reached by any of ${INPUTS} requests`, async () => {
    const requests = fc.sample(request, INPUTS);
    const statuses = new Map<number, number>();
    for (let at = 0; at < requests.length; at += BATCH) {
      const answers = await Promise.all(
        requests
          .slice(at, at + BATCH)
          .map(([place, hostile, query]) =>
            service.client.post(`/v1/executions${query === null ? '' : `?${query}`}`, place(hostile)),
          ),
      );
      for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses.keys()].sort()).toEqual([202, 400]);
    const { steps } = await service.client.run(oneStep('local', { do: 'look-for-pollution' }));
    expect(steps.only?.output).toEqual({ polluted: null });
  });
});

describe('FAULTS 47: a query', () => {
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

  it('of a thousand parameters is refused', async () => {
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

describe('FAULTS 46: a path or a header', () => {
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
    ['GET', '/v1/pools/local/drain', 405, 'METHOD_NOT_ALLOWED'],
    ['POST', '/health', 405, 'METHOD_NOT_ALLOWED'],
  ])('%s %s is answered with %i %s', async (method, path, status, code) => {
    const answer = await service.client.send(method, path);
    expectProblem(answer, status, code);
    if (status === 405) expect(answer.headers.allow).toEqual(expect.any(String));
  });

  it('has an idempotency key of 1 to 256 characters, or none', async () => {
    for (const key of ['', 'x'.repeat(257)]) {
      const answer = await submit({ workflow: oneStep('local') }, { 'idempotency-key': key });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(pathsOf(answer)).toEqual(['Idempotency-Key']);
    }
  });
});

describe('after all of this the service', () => {
  it('is ready, clean and no larger', () => expectUnharmed(target));
});

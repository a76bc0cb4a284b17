import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { ApiDocument, type ApiOperation, type ApiRequest, type Json } from './helpers/api-document.js';
import type { Answer } from './helpers/client.js';
import { eventually } from './helpers/eventually.js';
import { sendRaw } from './helpers/raw.js';
import { ROOT, startService, type Service } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

const KEY = 'all-scopes-0123456789';
const USELESS_KEY = 'no-scope-of-ours-0123456789';
const BODY_LIMIT_BYTES = 4_096;

const apiKey = (id: string, key: string, scopes: string[]) => ({
  id,
  sha256: createHash('sha256').update(key).digest('hex'),
  scopes,
});

const CONFIG = {
  http: {
    bodyLimitBytes: BODY_LIMIT_BYTES,
    keepAliveTimeoutMs: 900,
    headersTimeoutMs: 1_000,
    connectionsCheckingIntervalMs: 200,
  },
  pools: [
    // The pool of the examples, as `npm start` has it.
    {
      capability: 'analyse-file',
      kind: 'function',
      module: join(ROOT, 'examples/repository-brief/agents/analyse-file.js'),
    },
    functionPool('local', { concurrencyPerAgent: 4 }),
  ],
  auth: {
    apiKeys: [apiKey('all', KEY, ['read', 'execute']), apiKey('none', USELESS_KEY, ['message'])],
    protectMetrics: true,
  },
};

/** Codes that no client can bring about, and where they are tested instead. */
const NOT_PROVOKED: Record<string, string> = {
  INTERNAL_ERROR: 'a fault of the service: src/problems/problem.filter.spec.ts throws some',
  STORE_FULL:
    'the memory of the store is no setting of the service: libs/state fills it, problem.filter.spec.ts answers it',
  DOCS_UNAVAILABLE: 'swagger-ui-dist is installed here: src/docs/docs.controller.spec.ts does without',
};

const withKey = { 'x-api-key': KEY };
const sleeping = oneStep('local', { do: 'sleep', ms: 30_000 });

function send(
  service: Service,
  request: ApiRequest,
  headers: Record<string, string> = withKey,
): Promise<Answer> {
  const { method, path, body } = request;
  return service.client.send(method, path, { body, headers: { ...headers, ...request.headers } });
}

async function submit(service: Service, workflow: unknown, rest: object = {}): Promise<string> {
  const answer = await service.client.post('/v1/executions', { workflow, ...rest }, { headers: withKey });
  return answer.json.executionId as string;
}

async function finished(service: Service, id: string): Promise<string> {
  await service.client.get(`/v1/executions/${id}?waitMs=20000`, { headers: withKey });
  return id;
}

async function cancelled(service: Service): Promise<string> {
  const id = await submit(service, sleeping);
  await service.client.post(`/v1/executions/${id}/cancel`, undefined, { headers: withKey });
  return finished(service, id);
}

async function documentOf(service: Service): Promise<ApiDocument> {
  return new ApiDocument((await service.client.get('/openapi.json')).json);
}

describe('the OpenAPI document', () => {
  let service: Service;
  let api: ApiDocument;
  let operations: ApiOperation[];

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: CONFIG });
    api = await documentOf(service);
    operations = api.operations;
  });

  describe('is sound', () => {
    it('is OpenAPI 3.1 with the name and version of the package', async () => {
      const { name, version } = (await service.client.get('/info')).json;
      expect(api.json.openapi).toMatch(/^3\.1\.\d+$/);
      expect(api.json.info).toMatchObject({ title: name, version });
      expect(operations.length).toBeGreaterThan(15);
    });

    it('has an id, a summary, a scope or none, and an example for every operation', () => {
      const ids = operations.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      const tags = api.json.tags.map(({ name }: { name: string }) => name);
      for (const operation of operations) {
        const { summary, tags: own, security, 'x-required-scope': scope, parameters } = operation.object;
        expect(summary).toEqual(expect.any(String));
        expect(tags).toEqual(expect.arrayContaining(own));
        expect(security).toEqual(scope === undefined ? [] : [{ bearer: [scope] }, { apiKey: [scope] }]);
        expect(api.examplesOf(operation)).not.toEqual([]);
        const inPath = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
        const declared = parameters.filter(({ in: location }: { in: string }) => location === 'path');
        expect(declared.map(({ name }: { name: string }) => name)).toEqual(inPath);
        for (const { required, description } of parameters) {
          expect(typeof required).toBe('boolean');
          expect(description).toEqual(expect.any(String));
        }
      }
    });

    it('has no reference that leads nowhere, and no component that nothing refers to', () => {
      const used = new Set<string>();
      const walk = (value: unknown): void => {
        if (typeof value !== 'object' || value === null) return;
        if ('$ref' in value && typeof value.$ref === 'string') {
          api.resolve(value);
          used.add(value.$ref);
        }
        Object.values(value).forEach(walk);
      };
      walk(api.json);
      for (const kind of ['schemas', 'responses', 'examples'])
        for (const name of Object.keys(api.json.components[kind]))
          expect(used).toContain(`#/components/${kind}/${name}`);
    });

    it('has only schemas that say something, in JSON Schema 2020-12', () => {
      const silent: string[] = [];
      const walk = (schema: Record<string, unknown>, path: string): void => {
        api.check(schema, null, { closed: false });
        const says = ['type', '$ref', 'anyOf', 'enum', 'const'].some((keyword) => keyword in schema);
        if (!says) silent.push(path);
        for (const [name, property] of Object.entries(schema.properties ?? {}))
          walk(property as Record<string, unknown>, `${path}.${name}`);
        if (typeof schema.items === 'object') walk(schema.items as Record<string, unknown>, `${path}[]`);
      };
      for (const [name, schema] of Object.entries(api.json.components.schemas))
        walk(schema as Record<string, unknown>, name);
      for (const { id, object } of operations) {
        for (const { name, schema } of object.parameters) walk(schema, `${id}.${name}`);
        for (const content of [object.requestBody, ...Object.values<Json>(object.responses)])
          for (const { schema } of Object.values<Json>(content?.content ?? {}))
            if (schema !== undefined) walk(schema, id);
      }
      expect(silent).toEqual([]);
    });

    it('has only examples that its own schemas take', () => {
      const wrong: string[] = [];
      const check = (what: string, schema: unknown, examples: object = {}): void => {
        for (const [name, example] of Object.entries(examples)) {
          const problems = schema === undefined ? [] : api.check(schema, api.resolve(example).value);
          if (problems.length > 0) wrong.push(`${what} ${name}: ${problems.join('; ')}`);
        }
      };
      for (const { id, object } of operations) {
        for (const { name, schema, examples } of object.parameters) check(`${id} ${name}`, schema, examples);
        for (const [status, { content = {} }] of Object.entries<Json>({
          body: object.requestBody ?? {},
          ...object.responses,
        }))
          for (const { schema, examples } of Object.values<Json>(content))
            check(`${id} ${status}`, schema, examples);
      }
      expect(wrong).toEqual([]);
    });

    it('shows no keys where the service asks for none', async () => {
      const open = await startService();
      const { json } = await documentOf(open);
      expect(json.components.securitySchemes).toBeUndefined();
      expect(json.paths['/v1/executions'].post).toMatchObject({ 'x-required-scope': 'execute' });
      expect(json.paths['/v1/executions'].post.security).toBeUndefined();
      expect(Object.keys(json.paths['/v1/executions'].post.responses)).not.toContain('401');
    });
  });

  it('is right about every example: the service answers it as documented', async () => {
    let accepted = '';
    const executionFor: Record<string, () => Promise<string> | string> = {
      getExecution: () => accepted,
      cancelExecution: () => submit(service, sleeping),
      retryExecution: () => cancelled(service),
    };
    const wrong: string[] = [];
    let submitted = 0;
    for (const operation of operations) {
      for (const { name, status } of api.examplesOf(operation)) {
        const id = await executionFor[operation.id]?.();
        const request = api.requestOf(operation, name, id === undefined ? {} : { id });
        const answer = await send(service, request);
        if (operation.id === 'submitExecution') accepted = answer.json.executionId;
        const problems = api.undocumented(operation, answer);
        if (answer.status !== status) problems.push(`status ${answer.status}: ${answer.text}`);
        if (problems.length > 0) wrong.push(`${operation.id} ${name}: ${problems.join('; ')}`);
        submitted++;
      }
    }
    expect(wrong).toEqual([]);
    expect(submitted).toBeGreaterThanOrEqual(operations.length);
  });

  describe('is right about every problem', () => {
    const raw = ({ method, path }: ApiRequest, head: string): Promise<Answer> =>
      sendRaw(service.url, `${method} ${path} HTTP/1.1\r\n${head}`);
    const replaced = (operation: ApiOperation, value: string): ApiRequest =>
      api.requestOf(operation, api.examplesOf(operation)[0]!.name, {
        id: value,
        capability: value,
        file: value,
      });
    const onExecution = async (operation: ApiOperation, id: string | Promise<string>): Promise<Answer> =>
      send(service, replaced(operation, await id));

    type Recipe = (operation: ApiOperation, request: ApiRequest) => Promise<Answer>;

    /** How a client brings a code about, whatever the operation. */
    const RECIPES: Record<string, Recipe> = {
      BAD_REQUEST: (_operation, request) => raw(request, 'Host: a\r\nHost: b\r\n\r\n'),
      HEADERS_TOO_LARGE: (_operation, request) => raw(request, `Host: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`),
      REQUEST_TIMEOUT: (_operation, request) => raw(request, 'Host: a\r\nX: '),
      UNAUTHENTICATED: (_operation, request) => send(service, request, {}),
      FORBIDDEN: (_operation, request) => send(service, request, { 'x-api-key': USELESS_KEY }),
      VALIDATION_FAILED: (operation, request) =>
        operation.id === 'getDocsFile'
          ? send(service, replaced(operation, '\0'))
          : send(service, { ...request, path: `${request.path.split('?')[0]}?surprise=1` }),
      URI_TOO_LONG: (operation) => send(service, replaced(operation, 'x'.repeat(1_100))),
      MALFORMED_JSON: (_operation, request) => send(service, { ...request, body: '{' }),
      PAYLOAD_TOO_LARGE: (_operation, request) =>
        send(service, { ...request, body: { a: 'x'.repeat(BODY_LIMIT_BYTES) } }),
      UNSUPPORTED_MEDIA_TYPE: (_operation, request) =>
        send(service, { ...request, body: 'x', headers: { 'content-type': 'text/plain' } }),
      EXECUTION_NOT_FOUND: (operation) => send(service, replaced(operation, 'nowhere')),
      CAPABILITY_UNKNOWN: (operation) => send(service, replaced(operation, 'nowhere')),
      ROUTE_NOT_FOUND: (operation) => send(service, replaced(operation, 'package.json')),
      INVALID_CURSOR: (_operation, request) =>
        send(service, { ...request, path: `${request.path}&cursor=x` }),
      EXECUTION_FINISHED: (operation) => onExecution(operation, cancelled(service)),
      EXECUTION_NOT_RETRYABLE: (operation) =>
        onExecution(
          operation,
          submit(service, oneStep('local')).then((id) => finished(service, id)),
        ),
      IDEMPOTENCY_KEY_REUSED: async (_operation, request) => {
        const headers = { 'Idempotency-Key': 'used-twice' };
        await send(service, { ...request, headers });
        return send(service, { ...request, headers, body: { workflow: oneStep('local') } });
      },
      QUEUE_FULL: (operation, request) =>
        withFullQueue((full, id) => send(full, withId(operation, request, id))),
      SHUTTING_DOWN: (operation, request) =>
        whileEnding((ending, id) => send(ending, withId(operation, request, id))),
    };

    const withId = (operation: ApiOperation, request: ApiRequest, id: string): ApiRequest =>
      operation.path.includes('{id}') ? replaced(operation, id) : request;

    /** One execution runs, one waits, and there is room for no more. */
    async function withFullQueue(
      ask: (service: Service, cancelled: string) => Promise<Answer>,
    ): Promise<Answer> {
      const full = await startService({
        config: { ...CONFIG, dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth: 1 } },
      });
      const id = await cancelled(full);
      const running = await submit(full, sleeping);
      await eventually(
        async () =>
          (await full.client.get(`/v1/executions/${running}`, { headers: withKey })).json.status ===
          'running',
      );
      await submit(full, sleeping);
      return ask(full, id);
    }

    /** The signal has come; what is in flight has two seconds left, and the execution takes longer. */
    async function whileEnding(
      ask: (service: Service, cancelled: string) => Promise<Answer>,
    ): Promise<Answer> {
      const ending = await startService({ config: { ...CONFIG, shutdown: { gracePeriodMs: 2_000 } } });
      const id = await cancelled(ending);
      await submit(ending, sleeping);
      ending.kill('SIGTERM');
      await eventually(() => ending.stdout.includes('draining'));
      return ask(ending, id);
    }

    it('answers each code of each operation as documented', async () => {
      const cases = operations.flatMap((operation) =>
        api.problemsOf(operation).map((problem) => ({ operation, ...problem })),
      );
      const known = new Set([...Object.keys(RECIPES), ...Object.keys(NOT_PROVOKED)]);
      expect(cases.map(({ code }) => code).filter((code) => !known.has(code))).toEqual([]);

      const wrong: string[] = [];
      const provoke = async ({ operation, status, code }: (typeof cases)[number]): Promise<void> => {
        const request = api.requestOf(operation, api.examplesOf(operation)[0]!.name);
        const answer = await RECIPES[code]!(operation, request).catch((error: unknown) => String(error));
        const problems = typeof answer === 'string' ? [answer] : api.undocumented(operation, answer);
        if (typeof answer !== 'string' && (answer.json?.code !== code || answer.status !== status))
          problems.push(`${answer.status} ${answer.text}`);
        if (problems.length > 0) wrong.push(`${operation.id} ${code}: ${problems.join('; ')}`);
      };
      const provoked = cases.filter(({ code }) => code in RECIPES);
      const slow = provoked.filter(({ code }) => code === 'REQUEST_TIMEOUT');
      await Promise.all(slow.map(provoke));
      for (const each of provoked) if (!slow.includes(each)) await provoke(each);
      expect(wrong).toEqual([]);
      // None of these is there for nothing.
      for (const code of known) expect(cases.map((each) => each.code)).toContain(code);
      expect(provoked.length).toBeGreaterThan(100);
    });
  });
});

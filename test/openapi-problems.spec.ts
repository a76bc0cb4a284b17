import type { ApiDocument, ApiOperation, ApiRequest } from './helpers/api-document.js';
import type { Answer } from './helpers/client.js';
import {
  BODY_LIMIT_BYTES,
  cancelled,
  CONFIG,
  documentOf,
  finished,
  send,
  sleeping,
  submit,
  USELESS_KEY,
  withKey,
} from './helpers/described-service.js';
import { EventReader } from './helpers/event-reader.js';
import { eventually } from './helpers/eventually.js';
import { sendRaw } from './helpers/raw.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, manyEvents, oneStep } from './helpers/workflows.js';

/** Codes that no client can bring about, and where they are tested instead. */
const NOT_PROVOKED: Record<string, string> = {
  INTERNAL_ERROR: 'a fault of the service: src/problems/problem.filter.spec.ts throws some',
  STORE_FULL:
    'the memory of the store is no setting of the service: libs/state fills it, problem.filter.spec.ts answers it',
  BACKEND_UNAVAILABLE: 'the memory driver is always there: test/durable stops a Redis under the service',
  DOCS_UNAVAILABLE: 'swagger-ui-dist is installed here: src/docs/docs.controller.spec.ts does without',
};

describe('the OpenAPI document', () => {
  let service: Service;
  let api: ApiDocument;

  beforeAll(async () => {
    service = await startService({ lifetime: 'file', config: CONFIG });
    api = await documentOf(service);
  });

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

  interface Case {
    operation: ApiOperation;
    status: number;
    code: string;
  }

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
    SCHEDULE_NOT_FOUND: (operation) => send(service, replaced(operation, 'nowhere')),
    SCHEDULE_EXISTS: async (_operation, request) => {
      await send(service, request);
      return send(service, request);
    },
    SCHEDULES_FULL: (_operation, request) => withAllSchedules((full) => send(full, request)),
    CAPABILITY_UNKNOWN: (operation) => send(service, replaced(operation, 'nowhere')),
    ROUTE_NOT_FOUND: (operation) => send(service, replaced(operation, 'package.json')),
    INVALID_CURSOR: async (operation, request) =>
      operation.object.tags.includes('events')
        ? send(service, {
            ...withId(operation, request, await submit(service, oneStep('local'))),
            headers: { 'Last-Event-ID': 'x' },
          })
        : send(service, { ...request, path: `${request.path}&cursor=x` }),
    NOT_ACCEPTABLE: (_operation, request) =>
      send(service, { ...request, headers: { accept: 'application/json' } }),
    TOO_MANY_STREAMS: (_operation, request) => withAllStreams((full) => send(full, request)),
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
      operation.id === 'createSchedule'
        ? withLargeWorkflows(request)
        : withFullQueue((full, id) => send(full, withId(operation, request, id))),
    SHUTTING_DOWN: (operation, request) =>
      operation.object.tags.includes('events')
        ? behindTheDrain((ending) => send(ending, request))
        : whileEnding((ending, id) => send(ending, withId(operation, request, id))),
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
        (await full.client.get(`/v1/executions/${running}`, { headers: withKey })).json.status === 'running',
    );
    await submit(full, sleeping);
    return ask(full, id);
  }

  /** The only schedule that there may be is there. */
  async function withAllSchedules(ask: (service: Service) => Promise<Answer>): Promise<Answer> {
    const full = await startService({ config: { ...CONFIG, schedules: { maxSchedules: 1 } } });
    await send(full, {
      method: 'POST',
      path: '/v1/schedules',
      body: { everyMs: 3_600_000, workflow: sleeping },
      headers: {},
    });
    return ask(full);
  }

  /** As many large workflows are sent at once as make some of them wait for too long a line. */
  async function withLargeWorkflows(request: ApiRequest): Promise<Answer> {
    const busy = await startService({ config: { ...CONFIG, http: { bodyLimitBytes: 1_000_000 } } });
    // To compile one of them takes many times as long as to receive it.
    const input = `{% ${Array.from({ length: 60 }, () => '$input.x').join(' & ')} %}`;
    const steps = Array.from({ length: 400 }, (_, n) => ({ id: `s${n}`, capability: 'local', input }));
    const asked = Array.from({ length: 60 }, async (_, n) => {
      const body = { everyMs: 60_000, workflow: { id: `large-${n}`, steps } };
      const answer = await send(busy, { ...request, body });
      if (answer.status !== 503) throw new Error(`${answer.status} ${answer.text.slice(0, 500)}`);
      return answer;
    });
    // The others are of no interest, and take their time.
    return Promise.any(asked).finally(() => busy.stop('SIGKILL'));
  }

  /** The signal has come; what is in flight has two seconds left, and the execution takes longer. */
  async function whileEnding(ask: (service: Service, cancelled: string) => Promise<Answer>): Promise<Answer> {
    const ending = await startService({ config: { ...CONFIG, shutdown: { gracePeriodMs: 2_000 } } });
    const id = await cancelled(ending);
    await submit(ending, sleeping);
    ending.kill('SIGTERM');
    await eventually(() => ending.stdout.includes('draining'));
    return ask(ending, id);
  }

  /** The only stream that there may be is open. */
  async function withAllStreams(ask: (service: Service) => Promise<Answer>): Promise<Answer> {
    const full = await startService({ config: { ...CONFIG, events: { maxStreams: 1 } } });
    const reader = await EventReader.open(`${full.url}/v1/events`, { headers: withKey });
    const answer = await ask(full);
    reader.vanish();
    return answer;
  }

  /** The streams have ended but for one, whose reader takes nothing and is left a second more. */
  async function behindTheDrain(ask: (service: Service) => Promise<Answer>): Promise<Answer> {
    const ending = await startService({
      config: { pools: [functionPool('local', { size: { min: 8 } })], auth: CONFIG.auth },
    });
    const id = await finished(ending, await submit(ending, manyEvents));
    const url = `${ending.url}/v1/executions/${id}/events`;
    const stuck = await EventReader.open(url, { headers: withKey });
    stuck.pause();
    ending.kill('SIGTERM');
    await eventually(() => ending.stdout.includes('drained in'));
    // What comes before they have ended is answered as ever.
    const refused = await eventually(async () => {
      const answer = await ask(ending);
      return answer.status === 503 ? answer : undefined;
    });
    stuck.vanish();
    return refused;
  }

  const casesOf = (code: string): Case[] => cases().filter((each) => each.code === code);
  const cases = (): Case[] =>
    api.operations.flatMap((operation) =>
      api.problemsOf(operation).map((problem) => ({ operation, ...problem })),
    );

  /** What is wrong with the answer, if anything. */
  async function provoke({ operation, status, code }: Case): Promise<string[]> {
    const request = api.requestOf(operation, api.examplesOf(operation)[0]!.name);
    const answer = await RECIPES[code]!(operation, request);
    const problems = api.undocumented(operation, answer);
    if (answer.json?.code !== code || answer.status !== status) {
      problems.push(`${answer.status} ${answer.text}`);
    }
    return problems.map((problem) => `${operation.id}: ${problem}`);
  }

  // A test each: some need a service of their own for every operation, and starts take their time.
  it.each(Object.keys(RECIPES))(
    'is right about %s: each operation answers it as documented',
    async (code) => {
      const documented = casesOf(code);
      expect(documented).not.toEqual([]);
      // The service waits before it answers so; all of these can wait at once.
      if (code === 'REQUEST_TIMEOUT') {
        expect((await Promise.all(documented.map(provoke))).flat()).toEqual([]);
        return;
      }
      const wrong: string[] = [];
      for (const each of documented) wrong.push(...(await provoke(each)));
      expect(wrong).toEqual([]);
    },
  );

  it('names no problem that is not provoked here, but for those that no client can bring about', () => {
    const codes = new Set(cases().map(({ code }) => code));
    expect([...codes].sort()).toEqual([...Object.keys(RECIPES), ...Object.keys(NOT_PROVOKED)].sort());
    expect(cases().filter(({ code }) => code in RECIPES).length).toBeGreaterThan(100);
  });
});

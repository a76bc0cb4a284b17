import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli } from '../run-cli.js';
import { makeCli } from '../testing/make-cli.js';

const KEY = 'hunter2-canary';
const T0 = '2026-01-01T00:00:00.000Z';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

const execution = (status = 'completed', more: object = {}) => ({
  executionId: 'e-1',
  workflowId: 'demo',
  status,
  priority: 5,
  submittedAt: T0,
  startedAt: T0,
  finishedAt: status === 'running' ? null : '2026-01-01T00:00:01.500Z',
  error: null,
  output: 'the output',
  steps: { a: { status } },
  ...more,
});

const json = (response: ServerResponse, body: unknown, status = 200): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** A frame as the service sends it. */
const frame = (id: string, type: string, data: object = {}): string => {
  const event = { specversion: '1.0', id, source: '/v1', type, subject: 'e-1', time: T0, run: 1 };
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ ...event, data: { executionId: 'e-1', workflowId: 'demo', ...data } })}\n\n`;
};

describe('the commands that call a service', () => {
  let server: Server;
  let requests: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[];
  let handler: Handler;
  let url: string;

  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        requests.push({ method: request.method, url: request.url, headers: request.headers, body });
        handler(request, response, body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    jest.restoreAllMocks();
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  });

  async function orchestra(args: string[], { env = {}, stdin = '' }: { env?: object; stdin?: string } = {}) {
    const cli = makeCli({ env: { ORCHESTRA_URL: url, ...env }, stdin });
    const code = await runCli(args, cli);
    return { code, out: cli.stdout.text, errors: cli.stderr.text };
  }

  describe('list', () => {
    it('prints a table, and where it goes on', async () => {
      const failed = execution('failed', {
        error: { code: 'AGENT_ERROR', message: 'no' },
        workflowId: 'x\u001b[2J',
      });
      handler = (_, response) => json(response, { items: [execution(), failed], nextCursor: 'c-2' });
      const args = ['list', '--status', 'failed', '--workflow', 'a&b', '--limit', '2', '--cursor', 'c-1'];
      expect(await orchestra(args)).toEqual({
        code: 0,
        out: [
          'EXECUTION  WORKFLOW    STATUS     SUBMITTED                 TOOK   ERROR',
          'e-1        demo        completed  2026-01-01T00:00:00.000Z  1.5 s',
          'e-1        x\\u001b[2J  failed     2026-01-01T00:00:00.000Z  1.5 s  AGENT_ERROR',
          '',
        ].join('\n'),
        errors: 'there are more: --cursor c-2\n',
      });
      expect(requests[0]?.url).toBe('/v1/executions?status=failed&workflowId=a%26b&limit=2&cursor=c-1');
    });

    it('prints the page as it came with --json', async () => {
      handler = (_, response) => json(response, { items: [execution()], nextCursor: null });
      const { out, errors } = await orchestra(['list', '--json']);
      expect(JSON.parse(out)).toEqual({ items: [execution()], nextCursor: null });
      expect(errors).toBe('');
    });
  });

  it('cancel and retry ask for it, and say how it stands', async () => {
    handler = (_, response) => json(response, execution('running'), 202);
    expect(await orchestra(['cancel', 'e/1', '--reason', 'enough'])).toMatchObject({
      code: 0,
      out: 'e-1 is asked to stop (running)\n',
    });
    handler = (_, response) => json(response, { executionId: 'e-1', status: 'pending' }, 202);
    expect((await orchestra(['retry', 'e-1'])).out).toBe('e-1 runs again (pending)\n');
    expect(requests.map(({ method, url: path, body }) => [method, path, body])).toEqual([
      ['POST', '/v1/executions/e%2F1/cancel', '{"reason":"enough"}'],
      ['POST', '/v1/executions/e-1/retry', ''],
    ]);
  });

  it('agents shows pools and agents', async () => {
    const pool = {
      capability: 'greet',
      kind: 'function',
      health: 'healthy',
      selection: 'least-loaded',
      size: { min: 1, max: 2, current: 1 },
      leases: { active: 1, waiting: 3 },
    };
    const agent = {
      agentId: 'a-1',
      capability: 'greet',
      state: 'busy',
      active: 1,
      concurrency: 4,
      performance: { tasks: 7, failures: 2 },
    };
    handler = ({ url: path }, response) => json(response, { items: [path === '/v1/pools' ? pool : agent] });
    const { out } = await orchestra(['agents']);
    expect(out.split('\n')).toEqual([
      'POOL   KIND      HEALTH   AGENTS     TASKS          SELECTION',
      'greet  function  healthy  1 of 1..2  1 (3 waiting)  least-loaded',
      '',
      'AGENT  POOL   STATE  ACTIVE  DONE',
      'a-1    greet  busy   1 of 4  7 (2 failed)',
      '',
    ]);
    expect(JSON.parse((await orchestra(['agents', '--json'])).out)).toEqual({
      pools: [pool],
      agents: [agent],
    });
  });

  describe('what goes wrong', () => {
    it('is told with every problem, and the API key is not', async () => {
      handler = (_, response) =>
        json(
          response,
          { code: 'FORBIDDEN', detail: 'needs\u001b[2J the scope', errors: [{ path: 'a', message: 'b' }] },
          403,
        );
      const byOption = await orchestra(['list', '--api-key', KEY]);
      const byEnvironment = await orchestra(['list'], { env: { ORCHESTRA_API_KEY: KEY } });
      for (const { code, out, errors } of [byOption, byEnvironment]) {
        expect({ code, out, errors }).toEqual({
          code: 1,
          out: '',
          errors: 'FORBIDDEN: needs\\u001b[2J the scope\n- a: b\n',
        });
      }
      expect(requests.map(({ headers }) => headers.authorization)).toEqual([
        `Bearer ${KEY}`,
        `Bearer ${KEY}`,
      ]);
    });

    it.each([
      ['a key with a line break', `${KEY}\n`],
      ['a key that is no ASCII', `${KEY}é`],
    ])('shows nothing of %s', async (_, key) => {
      const { code, errors } = await orchestra(['list', '--api-key', key]);
      expect(code).toBe(1);
      expect(errors).not.toContain(KEY);
    });

    it('says in one line what to start when nothing listens', async () => {
      await new Promise<void>((resolve) => server.close(() => resolve()));
      const { code, errors } = await orchestra(['list']);
      expect(code).toBe(1);
      expect(errors).toBe(
        `nothing listens on ${url}: start the service (orchestra serve), or name another with --url\n`,
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    });

    it.each([
      ['a web page', 200],
      ['an error page', 502],
    ])('says that %s is no answer', async (_, status) => {
      handler = (_request, response) => response.writeHead(status).end('<html>');
      const { code, errors } = await orchestra(['list']);
      expect(code).toBe(1);
      expect(errors).toMatch(/orchestra service/);
      expect(errors.split('\n')).toHaveLength(2);
    });

    it('does not take the key where a redirect leads', async () => {
      handler = (_, response) => response.writeHead(302, { location: `${url}/elsewhere` }).end();
      expect((await orchestra(['list', '--api-key', KEY])).code).toBe(1);
      expect(requests).toHaveLength(1);
    });

    it.each(['ftp://127.0.0.1', 'nonsense', 'http://user:secret@127.0.0.1'])('refuses %s', async (bad) => {
      const { code, errors } = await orchestra(['list', '--url', bad]);
      expect(code).toBe(1);
      expect(errors).toMatch(/^the address of the service must/);
      expect(errors).not.toContain('secret');
    });
  });

  describe('submit', () => {
    const workflow = 'id: demo\nsteps:\n  - id: a\n    capability: nope\n';

    it('sends a workflow as a request, with what the options say, and prints the id', async () => {
      handler = (_, response) => json(response, { executionId: 'e-1', status: 'pending' }, 202);
      const args = ['submit', '-', '--input', '{"n":1}', '--priority', '9', '--timeout-ms', '500'];
      expect(await orchestra(args, { stdin: workflow })).toEqual({
        code: 0,
        out: 'e-1\n',
        errors: 'pending; follow it with: orchestra watch e-1\n',
      });
      expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
        workflow: { id: 'demo', steps: [{ id: 'a', capability: 'nope' }] },
        input: { n: 1 },
        priority: 9,
        timeoutMs: 500,
      });
    });

    it('shows the problems that the service found where they are in the file', async () => {
      const errors = [{ path: 'workflow.steps[0].capability', message: 'no pool provides "nope"' }];
      handler = (_, response) =>
        json(response, { code: 'VALIDATION_FAILED', detail: '1 problem', errors }, 400);
      expect(await orchestra(['submit', '-'], { stdin: workflow })).toEqual({
        code: 1,
        out: '',
        errors: '<stdin>:4:5 steps[0].capability no pool provides "nope"\n',
      });
    });

    it.each([
      ['no JSON', ['--input', '{'], /^--input is no JSON/],
      ['a file that is not there', ['--input', '@nowhere.json'], /^nowhere\.json: there is no such file/],
    ])('refuses an input that is %s', async (_, args, expected) => {
      const { code, errors } = await orchestra(['submit', '-', ...args], { stdin: workflow });
      expect(code).toBe(1);
      expect(errors).toMatch(expected);
    });
  });

  describe('watch', () => {
    const HEAD = 'retry: 20\n\n';
    let status: string;
    let connections: string[];
    let streams: ((response: ServerResponse) => void)[];

    beforeEach(() => {
      status = 'running';
      connections = [];
      handler = (request, response) => {
        if (request.url !== '/v1/executions/e-1/events') {
          const error = status === 'failed' ? { code: 'AGENT_ERROR', message: 'no way' } : null;
          json(response, execution(status, { error }));
          return;
        }
        connections.push(String(request.headers['last-event-id'] ?? ''));
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(HEAD);
        streams.shift()?.(response);
      };
    });

    const started = frame('1', 'execution.started', { strategy: 'hybrid' });
    const stepStarted = frame('2', 'step.started', { stepId: 'a', attempt: 1, agentId: 'x' });
    const stepDone = frame('3', 'step.completed', { stepId: 'a', attempt: 1, agentId: 'x', durationMs: 7 });
    const completed = frame('4', 'execution.completed', { durationMs: 9 });
    const end =
      (text: string, as = 'completed') =>
      (response: ServerResponse) => {
        status = as;
        response.end(text);
      };

    it('shows every event and prints the output, in whatever pieces the stream comes', async () => {
      const text = `: heartbeat\n\n${started}${stepStarted}${stepDone}${completed}`;
      streams = [
        (response) => {
          for (const piece of text.match(/[\s\S]{1,50}/g) ?? []) response.write(piece);
          end('')(response);
        },
      ];
      expect(await orchestra(['watch', 'e-1'])).toEqual({
        code: 0,
        out: 'the output\n',
        errors: [
          'execution started (hybrid)',
          'a: started, attempt 1 (agent x)',
          'a: completed in 7 ms',
          'execution completed in 9 ms',
          '',
        ].join('\n'),
      });
    });

    it('goes on behind the last event when a connection breaks or ends too early, and misses nothing', async () => {
      streams = [
        (response) => response.write(started, () => response.destroy()),
        (response) => response.end(stepStarted),
        end(stepDone + completed),
      ];
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(0);
      expect(connections).toEqual(['', '1', '2']);
      expect(errors.match(/again in/g)).toHaveLength(2);
      expect(errors.match(/a: started/g)).toHaveLength(1);
      expect(errors).toContain('the service ended the stream; again in');
    });

    it('says where events are missing, and how many if the service knows', async () => {
      const gap = (missed: number | null) => `event: gap\ndata: ${JSON.stringify({ missed })}\n\n`;
      streams = [
        (response) => response.end(gap(6_207) + started + gap(3)),
        end(gap(null) + stepDone + completed),
      ];
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(0);
      expect(connections).toEqual(['', '1']);
      expect(errors.split('\n').filter((line) => !line.includes('again in'))).toEqual([
        '6207 earlier events are no longer kept',
        'execution started (hybrid)',
        'some earlier events are no longer kept',
        'a: completed in 7 ms',
        'execution completed in 9 ms',
        '',
      ]);
    });

    it('comes again no sooner than the service asks for', async () => {
      const serve = handler;
      streams = [end(completed)];
      let refusals = 1;
      handler = (request, response, body) => {
        const problem = { code: 'TOO_MANY_STREAMS', detail: 'full', retryAfterMs: 300 };
        if (request.url?.endsWith('/events') === true && refusals-- > 0) json(response, problem, 503);
        else serve(request, response, body);
      };
      jest.spyOn(Math, 'random').mockReturnValue(0);
      expect((await orchestra(['watch', 'e-1'])).errors).toContain(
        'TOO_MANY_STREAMS: full; again in 300 ms\n',
      );
    });

    it('tries again when the service is not there for a while', async () => {
      const serve = handler;
      streams = [end(completed)];
      let refusals = 2;
      handler = (request, response, body) => {
        if (request.url?.endsWith('/events') === true && refusals-- > 0)
          json(response, { code: 'SHUTTING_DOWN', detail: 'later' }, 503);
        else serve(request, response, body);
      };
      // Without a stream there is no `retry:`, so the back-off begins at its own first delay.
      jest.spyOn(Math, 'random').mockReturnValue(0);
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(0);
      expect(errors.match(/SHUTTING_DOWN: later; again in/g)).toHaveLength(2);
    });

    it('gives up at once when the service refuses, and after ten attempts when it is gone', async () => {
      const serve = handler;
      jest.spyOn(Math, 'random').mockReturnValue(0);
      let answer = 404;
      handler = (request, response, body) => {
        if (request.url?.endsWith('/events') !== true) serve(request, response, body);
        else {
          connections.push('');
          json(response, { code: 'EXECUTION_NOT_FOUND', detail: 'there is none' }, answer);
        }
      };
      const refused = await orchestra(['watch', 'e-1']);
      expect(refused).toMatchObject({
        code: 1,
        errors: expect.stringMatching(/^EXECUTION_NOT_FOUND: there is none\nit was there before: /),
      });
      expect(connections).toHaveLength(1);
      answer = 500;
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(1);
      expect(errors).toMatch(/given up after 10 attempts: [^\n]*\n$/);
      expect(connections).toHaveLength(12);
    });

    it('ends with 1 when the execution does not complete, and says why', async () => {
      streams = [
        end(frame('1', 'execution.failed', { durationMs: 1, error: { code: 'X', message: 'y' } }), 'failed'),
      ];
      const { code, out, errors } = await orchestra(['watch', 'e-1']);
      expect([code, out]).toEqual([1, '']);
      expect(errors).toMatch(/execution e-1 failed: AGENT_ERROR no way\n$/);
    });

    it('prints the whole execution with --json', async () => {
      streams = [end(completed)];
      const { out } = await orchestra(['watch', 'e-1', '--json']);
      expect(JSON.parse(out)).toEqual(execution('completed'));
    });

    it('takes no notice of events that it does not know, or that are none', async () => {
      streams = [end(`${frame('1', 'step.pondered')}data: nonsense\n\ndata: {"type":1}\n\n${completed}`)];
      expect(await orchestra(['watch', 'e-1'])).toMatchObject({
        code: 0,
        errors: 'execution completed in 9 ms\n',
      });
    });

    it('refuses an event without end', async () => {
      jest.spyOn(Math, 'random').mockReturnValue(0);
      streams = Array.from({ length: 11 }, () => (response: ServerResponse) => {
        response.end(`data: ${'x'.repeat(1_100_000)}`);
      });
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(1);
      expect(errors).toContain('an event of the stream is too long');
    });

    it('stops at Ctrl-C, and leaves the execution alone', async () => {
      streams = [
        (response) => {
          response.write(started, () => setImmediate(() => process.emit('SIGINT')));
        },
      ];
      const { code, errors } = await orchestra(['watch', 'e-1']);
      expect(code).toBe(130);
      expect(errors).toContain('the execution goes on: orchestra watch e-1\n');
      expect(requests.every(({ method }) => method === 'GET')).toBe(true);
    });
  });
});

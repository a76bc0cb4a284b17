import { join } from 'node:path';
import type { AgentTask } from '#agent-pool';
import { AbortedError, ManualClock, SystemClock, type Clock, type JsonValue } from '#core';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import { EXIT_GRACE_MS } from './child-process.js';
import { CONNECT_TIMEOUT_MS, McpAgent } from './mcp-agent.js';
import { StdioTransport } from './stdio-transport.js';

const SERVER = join(__dirname, 'fixtures', 'stdio-server.mjs');

describe('an mcp agent over stdio', () => {
  const { signal } = new AbortController();
  let agent: McpAgent;
  let transports: StdioTransport[];

  beforeEach(() => {
    transports = [];
  });

  afterEach(async () => {
    await agent.dispose();
    for (const pid of transports.map((transport) => transport.pid)) expect(isRunning(pid)).toBe(false);
  });

  function makeAgent(mode = '', clock: Clock = new SystemClock(), maxOutputBytes = 10_000): McpAgent {
    agent = new McpAgent({
      clock,
      maxOutputBytes,
      makeTransport: () => {
        const options = {
          command: process.execPath,
          args: [SERVER, mode],
          env: { SETTING: 'on' },
          maxOutputBytes,
        };
        const transport = new StdioTransport(options, clock);
        transports.push(transport);
        return transport;
      },
    });
    return agent;
  }

  function call(tool: string, args?: JsonValue): AgentTask {
    return makeTask({ input: args === undefined ? { tool } : { tool, arguments: args } });
  }

  function run(tool: string, args?: JsonValue): Promise<unknown> {
    return agent.execute(call(tool, args), makeContext());
  }

  describe('calls tools', () => {
    beforeEach(() => makeAgent());

    it('with the arguments, and the idempotency key in their _meta', async () => {
      const context = makeContext({ idempotencyKey: 'e-9:read' });
      await expect(agent.execute(call('arguments', { path: 'a' }), context)).resolves.toMatchObject({
        name: 'arguments',
        arguments: { path: 'a' },
        _meta: { 'nest-orchestra/idempotencyKey': 'e-9:read' },
      });
    });

    it('with the trace, where there is one', async () => {
      const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
      const traced = await agent.execute(call('arguments', {}), makeContext({ traceparent }));
      expect(traced).toMatchObject({ _meta: { traceparent } });
      const plain = await agent.execute(call('arguments', {}), makeContext());
      expect((plain as { _meta: object })._meta).not.toHaveProperty('traceparent');
    });

    it('over one connection, again and again', async () => {
      const [first, second] = [await run('pid'), await run('pid')];
      expect(second).toEqual(first);
      expect(transports).toHaveLength(1);
    });

    it('giving text blocks as one text', async () => {
      await expect(run('lines')).resolves.toEqual({ content: 'one\ntwo' });
    });

    it('giving blocks of several kinds as they are', async () => {
      await expect(run('picture')).resolves.toEqual({
        content: [
          { type: 'text', text: 'a dot' },
          { type: 'image', data: 'AA==', mimeType: 'image/png' },
        ],
      });
    });

    it('passing on their progress', async () => {
      const context = makeContext();
      await agent.execute(call('progress'), context);
      expect(context.reports).toEqual([
        { progress: 1, total: 2, message: 'part 1' },
        { progress: 2, total: 2, message: 'part 2' },
      ]);
    });

    it('in an environment without our secrets', async () => {
      process.env['ORCHESTRA_SECRET'] = 'hunter2';
      try {
        const environment = (await run('environment')) as Record<string, string>;
        expect(environment['SETTING']).toBe('on');
        expect(environment['PATH']).toBe(process.env['PATH']);
        expect(JSON.stringify(environment)).not.toContain('hunter2');
      } finally {
        delete process.env['ORCHESTRA_SECRET'];
      }
    });

    it('and pings', async () => {
      await expect(agent.ping(signal)).resolves.toBeUndefined();
    });
  });

  describe('fails', () => {
    beforeEach(() => makeAgent());

    it('with the text of the tool that failed', async () => {
      const error = await rejection(run('fail'));
      expect(error).toMatchObject({ code: 'AGENT_TOOL_ERROR', retryable: false, message: 'disk full' });
    });

    it('for good when there is no such tool', async () => {
      const error = await rejection(run('nope'));
      expect(error).toMatchObject({ code: 'AGENT_TOOL_ERROR', retryable: false });
      expect(error.message).toContain('Unknown tool: nope');
    });

    it('for now when the server failed inside', async () => {
      const error = await rejection(run('broken'));
      expect(error).toMatchObject({
        code: 'AGENT_TOOL_ERROR',
        retryable: true,
        details: { rpcCode: -32603 },
      });
    });

    it.each([
      [null, ['input']],
      [{ arguments: [], extra: 1 }, ['input.tool', 'input.arguments', 'input.extra']],
      [{ tool: '' }, ['input.tool']],
    ])('on the input %j, listing every problem', async (input, paths) => {
      const error = await rejection(agent.execute(makeTask({ input }), makeContext()));
      expect(error).toMatchObject({ code: 'AGENT_INPUT_INVALID', retryable: false });
      const problems = error.details['problems'] as { path: string }[];
      expect(problems.map(({ path }) => path).sort()).toEqual(paths.sort());
      expect(transports).toHaveLength(0);
    });

    it('when the output is over the limit', async () => {
      const error = await rejection(run('big', { bytes: 10_001 }));
      expect(error).toMatchObject({ code: 'AGENT_OUTPUT_TOO_LARGE', retryable: false });
      await run('pid');
      expect(transports).toHaveLength(1);
    });

    it('without reading an output far over the limit, and reconnects for the next call', async () => {
      const error = await rejection(run('big', { bytes: 20_000_000 }));
      expect(error).toMatchObject({ code: 'AGENT_OUTPUT_TOO_LARGE', retryable: false });
      await expect(run('pid')).resolves.toMatchObject({ content: expect.any(String) });
      expect(transports).toHaveLength(2);
    });
  });

  describe('whose server dies', () => {
    it('fails the call under way, with what the server said last, and starts it anew for the next ones, once', async () => {
      makeAgent();
      const error = await rejection(run('die'));
      expect(error).toMatchObject({
        code: 'AGENT_LOST',
        retryable: true,
        details: { exitCode: 7, signal: null },
      });
      expect(error.details['stderr']).toMatch(/noise \nout of memory$/);
      expect((error.details['stderr'] as string).length).toBeLessThanOrEqual(2_000);
      const [first, second] = await Promise.all([run('pid'), run('pid')]);
      expect(second).toEqual(first);
      expect(transports).toHaveLength(2);
    });

    it('by kill -9 likewise', async () => {
      makeAgent();
      await agent.ping(signal);
      const lost = rejection(run('silent'));
      process.kill(transports[0]!.pid!, 'SIGKILL');
      expect(await lost).toMatchObject({
        code: 'AGENT_LOST',
        retryable: true,
        details: { signal: 'SIGKILL' },
      });
      await expect(run('lines')).resolves.toEqual({ content: 'one\ntwo' });
    });

    it('is not held up by what the server had started, which ends too', async () => {
      makeAgent();
      const { content } = (await run('grandchild')) as { content: string };
      expect(isRunning(Number(content))).toBe(true);
      const lost = rejection(run('silent'));
      process.kill(transports[0]!.pid!, 'SIGKILL');
      expect((await lost).code).toBe('AGENT_LOST');
      await ended(Number(content));
    });

    it.each([
      ['reads', 'deafen', { content: 'what?' }, 'pid'],
      ['writes', 'lines', { content: 'one\ntwo' }, 'mute'],
    ])(
      'or %s nothing any more: its call fails, and it is replaced as well',
      async (_what, tool, output, last) => {
        const clock = new ManualClock();
        makeAgent('', clock);
        await expect(run(tool)).resolves.toEqual(output);
        const lost = rejection(run(last));
        while (clock.timerCount === 0) await new Promise((resolve) => setImmediate(resolve));
        await clock.advance(EXIT_GRACE_MS);
        expect(await lost).toMatchObject({ code: 'AGENT_LOST', retryable: true });
        const next = run('lines');
        await clock.advance(EXIT_GRACE_MS);
        await expect(next).resolves.toEqual({ content: 'one\ntwo' });
        expect(transports).toHaveLength(2);
      },
    );

    it('at its start cannot be reached, and says why', async () => {
      makeAgent('crash');
      const error = await rejection(agent.connect(signal));
      expect(error).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
      expect(error.details).toMatchObject({ exitCode: 3, stderr: 'no such directory: ./data' });
    });
  });

  describe('is well', () => {
    it('when a call keeps its server from answering a ping', async () => {
      makeAgent();
      await agent.ping(signal);
      let ended = false;
      const call = run('spin', { ms: 2_000 }).finally(() => (ended = true));
      await expect(agent.ping(signal)).resolves.toBeUndefined();
      expect(ended).toBe(false);
      await expect(call).resolves.toEqual({ content: 'spun' });
    });

    it('when its server answers that it knows no ping', async () => {
      makeAgent('pingless');
      await expect(agent.ping(signal)).resolves.toBeUndefined();
    });
  });

  it('cannot be reached when there is no such command', async () => {
    const clock = new SystemClock();
    const options = { command: '/no/such/server', args: [], env: {}, maxOutputBytes: 100 };
    agent = new McpAgent({
      clock,
      maxOutputBytes: 100,
      makeTransport: () => new StdioTransport(options, clock),
    });
    const error = await rejection(agent.connect(signal));
    expect(error).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
    expect(error.message).toContain('ENOENT');
  });

  describe('ends at the moment of an abort, with its reason', () => {
    const timeout = new AbortedError('timeout', 'step "read" timed out after 10 ms');

    it('and the server is told to stop', async () => {
      makeAgent();
      await agent.ping(signal);
      const context = makeContext();
      const slow = agent.execute(call('silent'), context);
      const failed = expect(slow).rejects.toBe(timeout);
      await agent.ping(signal);
      context.abort(timeout);
      await failed;
      await expect(run('cancelled')).resolves.toEqual({ cancelled: [String(timeout)] });
      expect(transports).toHaveLength(1);
    });

    it('and not before, however long the tool takes', async () => {
      makeAgent();
      await agent.ping(signal);
      jest.useFakeTimers({
        now: Date.now(),
        doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'],
      });
      try {
        const context = makeContext();
        const slow = expect(agent.execute(call('silent'), context)).rejects.toBe(timeout);
        await agent.ping(signal);
        await jest.advanceTimersByTimeAsync(86_400_000);
        context.abort(timeout);
        await slow;
      } finally {
        jest.useRealTimers();
      }
    });

    it('while it connects, which goes on for those who still wait', async () => {
      makeAgent();
      const context = makeContext();
      const aborted = expect(agent.execute(call('pid'), context)).rejects.toBe(timeout);
      const other = run('lines');
      context.abort(timeout);
      await aborted;
      await expect(other).resolves.toEqual({ content: 'one\ntwo' });
      expect(transports).toHaveLength(1);
    });
  });

  it('gives a server that never answers its greeting no more than its time', async () => {
    const clock = new ManualClock();
    makeAgent('mute', clock);
    const unreachable = rejection(agent.connect(signal));
    await clock.advance(CONNECT_TIMEOUT_MS);
    expect(await unreachable).toMatchObject({ code: 'AGENT_UNREACHABLE', retryable: true });
  });

  describe('is disposed of', () => {
    it('with its server, and fails what is under way', async () => {
      makeAgent();
      await agent.ping(signal);
      const lost = rejection(run('silent'));
      await agent.ping(signal);
      await agent.dispose();
      expect((await lost).code).toBe('AGENT_LOST');
      expect(isRunning(transports[0]!.pid)).toBe(false);
      expect((await rejection(run('pid'))).code).toBe('AGENT_LOST');
      expect(transports).toHaveLength(1);
    });

    it('while it connects', async () => {
      makeAgent('mute');
      const lost = rejection(agent.connect(signal));
      await agent.dispose();
      expect((await lost).code).toBe('AGENT_UNREACHABLE');
    });

    it('though its server ignores both the end of its stdin and SIGTERM', async () => {
      const clock = new ManualClock();
      makeAgent('stubborn', clock);
      const { content } = (await run('pid')) as { content: string };
      const pid = Number(content);
      const disposed = agent.dispose();
      await clock.advance(2 * EXIT_GRACE_MS - 1);
      expect(isRunning(pid)).toBe(true);
      await clock.advance(1);
      await disposed;
      expect(isRunning(pid)).toBe(false);
      expect(clock.timerCount).toBe(0);
    });
  });
});

function isRunning(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once the process has ended; a signal is delivered when the kernel gets to it. */
async function ended(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise((resolve) => setImmediate(resolve));
}

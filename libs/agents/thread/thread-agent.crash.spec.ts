import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Agent } from '#agent-pool';
import { AbortedError, SystemClock, ValidationError, type JsonValue } from '#core';
import { LOOK_EVERY_MS } from '../ping/ask-unless-busy.js';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import {
  disposeThreadAgents,
  makeThreadAgent,
  makeThreadFactory,
  threadFixture,
} from '../testing/make-thread-agent.js';
import { threadCount } from '../testing/thread-count.js';

/** Where a fixture writes down what is called of it. */
class CallLog {
  readonly folder = mkdtempSync(join(tmpdir(), 'thread-agent-'));
  readonly #file = join(this.folder, 'calls');

  /** The URL of a fixture that writes here. */
  of(name: string, query: Record<string, string> = {}): string {
    const url = pathToFileURL(threadFixture(name));
    url.search = new URLSearchParams({ log: this.#file, ...query }).toString();
    return url.href;
  }

  async waitFor(call: string): Promise<void> {
    await until(() => this.calls.includes(call));
  }

  get calls(): string[] {
    return readFileSync(this.#file, 'utf8').trimEnd().split('\n');
  }
}

const clock = new SystemClock();

/** For what a thread does; it tells nobody. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await clock.sleep(5);
}

const { signal } = new AbortController();
const run = (agent: Agent, input: JsonValue): Promise<unknown> =>
  agent.execute(makeTask({ input }), makeContext());

let log: CallLog;
beforeEach(() => (log = new CallLog()));
afterEach(async () => {
  await disposeThreadAgents();
  rmSync(log.folder, { recursive: true });
});

describe('a thread that ends under its task', () => {
  it.each<[string, JsonValue, object]>([
    ['fills its heap', { do: 'fill-heap' }, { code: 'AGENT_OUT_OF_MEMORY', retryable: true }],
    [
      'ends its process',
      { do: 'exit', code: 7 },
      { code: 'AGENT_LOST', retryable: true, details: { exitCode: 7 } },
    ],
    [
      'throws in a timer',
      { do: 'throw-in-timer', message: 'tick' },
      {
        code: 'AGENT_CRASHED',
        retryable: true,
        message: "an error was not caught in the agent's thread: tick",
      },
    ],
    ['leaves a rejection alone', { do: 'reject-unseen' }, { code: 'AGENT_CRASHED', retryable: true }],
  ])(
    'when the module %s: the step alone fails, and the next runs in another thread',
    async (_, input, failure) => {
      const limits = { resourceLimits: { maxOldGenerationSizeMb: 32 } };
      const [agent, neighbour] = await Promise.all([makeThreadAgent(limits), makeThreadAgent(limits)]);
      const before = threadCount();
      const undisturbed = run(neighbour, { do: 'sleep', ms: 100 });
      expect(await rejection(run(agent, input))).toMatchObject(failure);
      await expect(run(agent, { do: 'count' })).resolves.toBe(1);
      await expect(undisturbed).resolves.toBe('slept');
      await expect(run(neighbour, { do: 'count' })).resolves.toBe(2);
      expect(threadCount()).toBe(before);
    },
  );

  it('is replaced once, for all who wait', async () => {
    const agent = await makeThreadAgent({ module: log.of('hooks.mjs') });
    const looping = makeContext();
    const loop = rejection(agent.execute(makeTask({ input: 'loop' }), looping));
    await log.waitFor('task loop');
    looping.abort(new AbortedError('timeout', 'too slow'));
    await loop;
    await Promise.all(['a', 'b', 'c'].map((input) => run(agent, input)));
    expect(log.calls).toEqual(['load', 'task loop', 'load', 'task a', 'task b', 'task c']);
  });

  it('before its first task is not replaced until there is one', async () => {
    const agent = await makeThreadAgent({ module: log.of('crashes-idle.mjs') });
    await until(() => agent.resources!() === null);
    expect(agent.resources!()).toBeNull();
    await clock.sleep(300);
    expect(log.calls).toEqual(['load']);
    await expect(run(agent, null)).resolves.toBe('in time');
  });
});

describe('a thread that does not start', () => {
  it.each([
    ['does not exist', 'missing.mjs', /cannot be loaded/],
    ['throws when it is loaded', '../../function/fixtures/throws.mjs', /no database/],
    ['exports no function', '../../function/fixtures/no-function.mjs', /export default must be a function/],
  ])('because the module %s: says so as kind function does', async (_, name, message) => {
    await makeThreadAgent();
    const before = threadCount();
    const module = threadFixture(name);
    const error = await rejection(makeThreadFactory({ module }).create(signal));
    expect(error).toMatchObject({ code: 'AGENT_MODULE_INVALID', retryable: false });
    expect(error.message).toMatch(message);
    expect(error.details['module']).toBe(module);
    expect(threadCount()).toBe(before);
  });

  it('because its module never finishes loading: is ended with the signal', async () => {
    await makeThreadAgent();
    const before = threadCount();
    const starting = new AbortController();
    const module = threadFixture('loops-on-load.mjs');
    const creating = rejection(makeThreadFactory({ module }).create(starting.signal));
    await until(() => threadCount() > before);
    const reason = new AbortedError('timeout', 'took too long');
    starting.abort(reason);
    expect(await creating).toBe(reason);
    expect(threadCount()).toBe(before);
  });

  it('once the signal is aborted', async () => {
    const reason = new Error('stopping');
    await expect(makeThreadFactory().create(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it.each<[string, object]>([
    ['a relative module', { module: './a.js' }],
    ['a heap too small for Node', { resourceLimits: { maxOldGenerationSizeMb: 1 } }],
    ['no such limit', { resourceLimits: { codeRangeSizeMb: 1 } }],
    ['a negative grace', { abortGraceMs: -1 }],
  ])('with %s', (_, options) => {
    expect(() => makeThreadFactory(options)).toThrow(ValidationError);
  });
});

describe('ping', () => {
  it('asks the module, in the thread', async () => {
    const agent = await makeThreadAgent({ module: log.of('hooks.mjs', { ping: 'fail' }) });
    await expect(agent.ping(signal)).rejects.toThrow('not well');
    expect(log.calls).toEqual(['load', 'ping']);
  });

  it('ends with its signal, which the module sees, and ends no thread', async () => {
    const agent = await makeThreadAgent({ module: log.of('hooks.mjs', { ping: 'never' }) });
    const pinging = new AbortController();
    const ping = rejection(agent.ping(pinging.signal));
    await log.waitFor('ping');
    const reason = new Error('too slow');
    pinging.abort(reason);
    expect(await ping).toBe(reason);
    await log.waitFor('ping aborted: too slow');
    await run(agent, 'next');
    expect(log.calls).toEqual(['load', 'ping', 'ping aborted: too slow', 'task next']);
    await expect(agent.ping(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('of a thread that a long task blocks finds it well: it is at work', async () => {
    const agent = await makeThreadAgent();
    let ended = false;
    const task = run(agent, { do: 'spin', ms: 3_000 }).finally(() => (ended = true));
    await expect(agent.ping(signal)).resolves.toBeUndefined();
    expect(ended).toBe(false);
    await expect(task).resolves.toBe('spun');
  });

  it('that the module does not answer is none, though a task waits on its thread', async () => {
    const agent = await makeThreadAgent({ module: log.of('hooks.mjs', { ping: 'never' }) });
    void rejection(run(agent, 'wait'));
    await log.waitFor('task wait');
    const reason = new Error('too slow');
    const pinging = new AbortController();
    const ping = rejection(agent.ping(pinging.signal));
    setTimeout(() => pinging.abort(reason), 3 * LOOK_EVERY_MS);
    expect(await ping).toBe(reason);
  });

  it('of a blocked thread waits no longer than its signal allows, and the task goes on', async () => {
    const agent = await makeThreadAgent();
    const task = run(agent, { do: 'spin', ms: 400 });
    const reason = new Error('too slow');
    const pinging = new AbortController();
    const ping = rejection(agent.ping(pinging.signal));
    pinging.abort(reason);
    expect(await ping).toBe(reason);
    await expect(task).resolves.toBe('spun');
  });
});

describe('dispose', () => {
  it('calls that of the module and ends the thread; nothing runs on the agent after it', async () => {
    await makeThreadAgent();
    const before = threadCount();
    const agent = await makeThreadFactory({ module: log.of('hooks.mjs') }).create(signal);
    expect(threadCount()).toBeGreaterThan(before);
    await agent.dispose();
    expect(threadCount()).toBe(before);
    expect(log.calls).toEqual(['load', 'dispose']);
    for (const work of [run(agent, null), agent.ping(signal)]) {
      expect(await rejection(work)).toMatchObject({ code: 'AGENT_LOST' });
    }
  });

  it.each([
    ['fails', 'cannot let go'],
    ['never', 'timed out after 100 ms'],
  ])('ends the thread when that of the module goes wrong: %s', async (how, message) => {
    await makeThreadAgent();
    const before = threadCount();
    const module = log.of('hooks.mjs', { dispose: how.replace(/s$/, '') });
    const agent = await makeThreadFactory({ module, abortGraceMs: 100 }).create(signal);
    await expect(agent.dispose()).rejects.toThrow(message);
    expect(threadCount()).toBe(before);
  });

  it('ends a thread that loops, and its task with it', async () => {
    await makeThreadAgent();
    const before = threadCount();
    const agent = await makeThreadFactory().create(signal);
    const loop = rejection(run(agent, { do: 'loop' }));
    await agent.dispose();
    expect(await loop).toMatchObject({ code: 'AGENT_LOST' });
    expect(threadCount()).toBe(before);
  });

  it('is enough while a thread is being replaced', async () => {
    await makeThreadAgent();
    const before = threadCount();
    const agent = await makeThreadFactory().create(signal);
    await rejection(run(agent, { do: 'exit', code: 0 }));
    await agent.dispose();
    expect(threadCount()).toBe(before);
  });
});

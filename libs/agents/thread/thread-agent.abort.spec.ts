import type { Agent } from '#agent-pool';
import { AbortedError, SystemClock, type JsonValue } from '#core';
import { makeContext, makeTask, rejection, type TestContext } from '../testing/make-task.js';
import { disposeThreadAgents, makeThreadAgent } from '../testing/make-thread-agent.js';
import { threadCount } from '../testing/thread-count.js';
import { BLOCKED_AFTER_MS } from './patience.js';

/** Far longer than a thread takes to end, on a machine that does other things as well. */
const SOON_MS = 5_000;

const REASON = new AbortedError('cancel', 'not wanted any more');

/** A context whose `reported` resolves with the first report of progress. */
function watched(): TestContext & { reported: Promise<void> } {
  const context = makeContext();
  let first: () => void = () => undefined;
  const reported = new Promise<void>((resolve) => (first = resolve));
  const progress: TestContext['progress'] = (report) => {
    context.progress(report);
    first();
  };
  return { ...context, progress, reported };
}

describe('the abort of a task in a thread', () => {
  afterEach(disposeThreadAgents);

  const run = (agent: Agent, input: JsonValue, context = makeContext()): Promise<unknown> =>
    agent.execute(makeTask({ input }), context);
  const works = (agent: Agent): Promise<void> =>
    expect(run(agent, 'next')).resolves.toMatchObject({ echo: 'next' });

  it('stops an infinite loop for good, and the next task runs in another thread', async () => {
    const agent = await makeThreadAgent({ abortGraceMs: 60_000 });
    const before = threadCount();
    const context = watched();
    const looping = rejection(run(agent, { do: 'report-and-loop' }, context));
    await context.reported;
    const abortedAt = performance.now();
    context.abort(REASON);
    expect(await looping).toBe(REASON);
    expect(performance.now() - abortedAt).toBeLessThan(SOON_MS);
    await works(agent);
    expect(threadCount()).toBe(before);
  });

  it('is seen by the module as it is here, and leaves it time to clean up in the same thread', async () => {
    const agent = await makeThreadAgent();
    const context = watched();
    const task = run(agent, { do: 'show-abort' }, context);
    await context.reported;
    context.abort(REASON);
    await expect(task).resolves.toEqual({
      name: 'AbortedError',
      kind: 'cancel',
      code: 'CANCELLED',
      message: 'not wanted any more',
    });
    // What the first task left in the module is still there.
    await expect(run(agent, { do: 'count' })).resolves.toBe(2);
  });

  it('leaves a task that listens all of the grace, though a blocked one would be ended before', async () => {
    const agent = await makeThreadAgent({ abortGraceMs: 60_000 });
    const context = watched();
    const task = rejection(run(agent, { do: 'clean-up', ms: 2 * BLOCKED_AFTER_MS }, context));
    await context.reported;
    context.abort(REASON);
    expect(await task).toBe(REASON);
    expect(context.reports.at(-1)).toEqual({ progress: 1, message: 'cleaned up' });
    await expect(run(agent, { do: 'count' })).resolves.toBe(2);
  });

  it('rejects with the reason, whatever the module throws then', async () => {
    const agent = await makeThreadAgent();
    const context = watched();
    const task = rejection(run(agent, { do: 'wait-for-abort', rethrow: false }, context));
    await context.reported;
    context.abort(REASON);
    expect(await task).toBe(REASON);
    expect(context.reports.at(-1)).toEqual({ progress: 1, message: 'cleaned up' });
  });

  it('ends the thread after the grace when the task goes on, and other tasks on it fail and may be tried again', async () => {
    const agent = await makeThreadAgent({ abortGraceMs: 50 });
    const before = threadCount();
    const stubborn = watched();
    const neighbour = watched();
    const stubbornTask = rejection(run(agent, { do: 'never' }, stubborn));
    const neighbourTask = rejection(run(agent, { do: 'never' }, neighbour));
    await Promise.all([stubborn.reported, neighbour.reported]);
    stubborn.abort(REASON);
    expect(await stubbornTask).toBe(REASON);
    expect(await neighbourTask).toMatchObject({ code: 'AGENT_LOST', retryable: true });
    await works(agent);
    expect(threadCount()).toBe(before);
  });

  it('that a task heeds disturbs no other task on the thread', async () => {
    const agent = await makeThreadAgent({ abortGraceMs: 50 });
    const polite = watched();
    const neighbour = watched();
    const politeTask = rejection(run(agent, { do: 'wait-for-abort' }, polite));
    const neighbourTask = run(agent, { do: 'show-abort' }, neighbour);
    await Promise.all([polite.reported, neighbour.reported]);
    polite.abort(REASON);
    expect(await politeTask).toBe(REASON);
    // Longer than any patience with the polite one.
    await new SystemClock().sleep(BLOCKED_AFTER_MS + 100);
    neighbour.abort(REASON);
    await expect(neighbourTask).resolves.toMatchObject({ kind: 'cancel' });
  });

  it('that comes with its task, or before it, rejects with the reason', async () => {
    const agent = await makeThreadAgent();
    const context = makeContext();
    const task = rejection(run(agent, { do: 'count' }, context));
    context.abort(REASON);
    expect(await task).toBe(REASON);
    const late = makeContext();
    late.abort(REASON);
    expect(await rejection(run(agent, { do: 'count' }, late))).toBe(REASON);
  });

  it('without a grace ends the thread at once', async () => {
    const agent = await makeThreadAgent({ abortGraceMs: 0 });
    const context = watched();
    const task = rejection(run(agent, { do: 'never' }, context));
    await context.reported;
    context.abort(REASON);
    expect(await task).toBe(REASON);
    await works(agent);
  });
});

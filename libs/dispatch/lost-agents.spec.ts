import { AgentGoneError, type AgentCallable } from '#agent-pool';
import { AbortedError } from '#core';
import { GatedAgent } from './testing/gated-agent.js';
import { closeHarnesses, makeHarness, type Harness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { ONCE, step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);
afterEach(() => jest.restoreAllMocks());

const GONE = new AgentGoneError('its process ended');

/** One agent for two tasks at once, so that the end of one can be the loss of the other. */
function makeShared(agents: Record<string, AgentCallable>): Promise<Harness> {
  return makeHarness({ agents, pool: { size: { min: 1 }, concurrencyPerAgent: 2 }, abortGraceMs: 500 });
}

describe('a task whose agent is lost', () => {
  it('fails at once with AGENT_LOST, its signal aborts, and the step goes on with another agent', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, recorder, leases } = await makeShared({ work: work.run });
    const lost = await dispatcher.submit(workflow([step('a')]));
    const first = await work.call(1);
    const { signal } = first.context;
    await dispatcher.submit(workflow([step('b', { retry: ONCE })]));
    (await work.call(2)).fail(GONE);
    await turn();
    await turn();

    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(AbortedError);
    expect(signal.reason).toMatchObject({ kind: 'lost-lease' });
    expect(recorder.of('step.retrying')).toMatchObject([
      { stepId: 'a', attempt: 1, error: { code: 'AGENT_LOST', retryable: true } },
    ]);
    const [failed] = recorder.of('agent.failed');
    expect(failed).toMatchObject({ reason: 'lost' });
    // What the lost task does late is nobody's business.
    first.succeed('late');

    await clock.advance(1_000);
    (await work.call(3)).succeed('done');
    const { status, steps } = await lost.result();
    expect(status).toBe('completed');
    expect(steps.a).toMatchObject({ attempts: 2, output: 'done' });
    expect(steps.a?.agentId).not.toBe(failed?.agentId);
    await clock.advance(500);
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it('which never asked for its signal finds it aborted when it does', async () => {
    const contexts: Parameters<AgentCallable>[1][] = [];
    const { dispatcher } = await makeShared({
      work: (_, context) => {
        contexts.push(context);
        return contexts.length === 2 ? Promise.reject(GONE) : new Promise(() => undefined);
      },
    });
    await dispatcher.submit(workflow([step('a')]));
    await dispatcher.submit(workflow([step('b', { retry: ONCE })]));
    await turn();
    expect(contexts[0]?.signal.reason).toMatchObject({ kind: 'lost-lease' });
    expect(contexts[1]?.signal.aborted).toBe(false);
  });

  it('is no timeout of its step', async () => {
    const work = new GatedAgent();
    const { dispatcher } = await makeShared({ work: work.run });
    const lost = await dispatcher.submit(workflow([step('a', { timeoutMs: 60_000, retry: ONCE })]));
    await work.call(1);
    await dispatcher.submit(workflow([step('b', { retry: ONCE })]));
    (await work.call(2)).fail(GONE);
    expect((await lost.result()).steps.a?.error).toMatchObject({ code: 'AGENT_LOST' });
  });

  it('does not wait for its grace when it was cancelled before', async () => {
    const work = new GatedAgent({ deaf: true });
    const { dispatcher, clock, pool, leases } = await makeShared({ work: work.run });
    const cancelled = await dispatcher.submit(workflow([step('a')]));
    await work.call(1);
    await dispatcher.submit(workflow([step('b', { retry: ONCE })]));
    const second = await work.call(2);
    await dispatcher.cancel(cancelled.executionId);
    second.fail(GONE);
    const execution = await cancelled.result();
    expect(execution.status).toBe('cancelled');
    expect(execution.steps.a?.status).toBe('cancelled');
    expect(pool.abandonedTasks).toBe(0);
    await clock.advance(500);
    expect([clock.timerCount, leases()]).toEqual([0, 0]);
  });

  it.each([0, 1, 2, 3, 4])(
    'and that ends in the same moment is recorded once, %i turns apart',
    async (turns) => {
      const work = new GatedAgent();
      const { dispatcher, clock, recorder, leases } = await makeShared({ work: work.run });
      const racing = await dispatcher.submit(workflow([step('a')]));
      const first = await work.call(1);
      await dispatcher.submit(workflow([step('b', { retry: ONCE })]));
      const second = await work.call(2);

      first.succeed('done');
      for (let n = 0; n < turns; n++) await Promise.resolve();
      second.fail(GONE);
      await turn();
      await clock.advance(1_000);
      if (recorder.of('step.retrying').length > 0) (await work.call(3)).succeed('done');

      const { status, steps } = await racing.result();
      expect([status, steps.a?.output]).toEqual(['completed', 'done']);
      expect(recorder.of('step.completed')).toHaveLength(1);
      await clock.advance(1_000);
      expect([clock.timerCount, leases()]).toEqual([0, 0]);
    },
  );
});

describe('the signal of a task', () => {
  it('that was given up is aborted, also when the task asks for it only then', async () => {
    const contexts: Parameters<AgentCallable>[1][] = [];
    const { dispatcher, clock } = await makeHarness({
      agents: { work: (_, context) => new Promise(() => contexts.push(context)) },
      abortGraceMs: 500,
    });
    const handle = await dispatcher.submit(workflow([step('a')]), { timeoutMs: 100 });
    await turn();
    await clock.advance(600);
    await handle.result();

    expect(contexts.map(({ signal }) => signal.reason as AbortedError)).toMatchObject([{ kind: 'timeout' }]);
  });

  it('stays as it is when its run is aborted after its end', async () => {
    const contexts: Parameters<AgentCallable>[1][] = [];
    const waiting = new GatedAgent();
    const { dispatcher } = await makeHarness({
      agents: {
        quick: (_, context) => {
          expect(context.signal.aborted).toBe(false);
          contexts.push(context);
        },
        late: (_, context) => void contexts.push(context),
        slow: waiting.run,
      },
    });
    const steps = [
      step('a', { capability: 'quick' }),
      step('b', { capability: 'late' }),
      step('c', { capability: 'slow' }),
    ];
    const handle = await dispatcher.submit(workflow(steps));
    const { context } = await waiting.call(1);
    await dispatcher.cancel(handle.executionId);
    await handle.result();

    expect(context.signal.reason).toMatchObject({ kind: 'cancel' });
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([false, false]);
  });
});

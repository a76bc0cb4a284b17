import { Injectable, Module } from '@nestjs/common';
import { Agent, type AgentTask } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { SystemClock } from '#core';
import { WorkflowDispatcher } from '#dispatch';
import { createTestOrchestra, type TestOrchestraOptions } from './create-test-orchestra.js';
import { recordingAgent } from './recording-agent.js';
import type { TestOrchestra } from './test-orchestra.js';

describe('createTestOrchestra', () => {
  let orchestra: TestOrchestra;
  afterEach(() => orchestra.close());

  async function start(options: TestOrchestraOptions = {}): Promise<TestOrchestra> {
    orchestra = await createTestOrchestra(options);
    return orchestra;
  }

  const workflow = (capability: string, step: object = {}) => ({
    id: 'w',
    steps: [{ id: 's', capability, ...step }],
  });

  it('runs workflows on doubles, pools, providers and modules of the application', async () => {
    @Agent({ capability: 'greet' })
    class Greeter {
      execute = ({ input }: AgentTask): Promise<string> => Promise.resolve(`Hello, ${input as string}`);
    }
    @Injectable()
    class Reception {
      constructor(readonly dispatcher: WorkflowDispatcher) {}
    }
    @Module({ providers: [Reception] })
    class ReceptionModule {}
    const double = recordingAgent({ capability: 'double', reply: 2 });
    const made = { capability: 'made', factory: new FunctionAgentFactory(() => 3) };
    const { app, pool, dispatcher } = await start({
      agents: [Greeter, double, made],
      imports: [ReceptionModule],
    });
    expect(pool.capabilities().sort()).toEqual(['double', 'greet', 'made']);
    expect(pool.agents().every(({ state }) => state === 'idle')).toBe(true);
    expect(app.get(Reception, { strict: false }).dispatcher).toBe(dispatcher);

    const capabilities = ['greet', 'double', 'made'];
    const steps = capabilities.map((id) => ({ id, capability: id, input: 'Ada' }));
    await dispatcher.submit({ id: 'w', steps });
    const { steps: done } = await orchestra.waitForExecution({ workflowId: 'w' }, 'completed');
    expect(capabilities.map((id) => done[id]!.output)).toEqual(['Hello, Ada', 2, 3]);
    expect(double.calls).toMatchObject([{ task: { stepId: 'double', input: 'Ada' } }]);
  });

  it('has time pass when the test says so', async () => {
    const flaky = recordingAgent({
      capability: 'flaky',
      reply: ({ attempt }) => {
        if (attempt < 3) throw new Error('not yet');
        return attempt;
      },
    });
    const { dispatcher, clock } = await start({ agents: [flaky] });
    const retry = { maxAttempts: 3, baseDelayMs: 60_000, maxDelayMs: 60_000 };
    const { executionId } = await dispatcher.submit(workflow('flaky', { retry }));
    await flaky.call();
    expect(flaky.calls).toHaveLength(1);
    await clock.advance(2 * 60_000);
    const { steps } = await orchestra.waitForExecution(executionId, 'completed');
    expect(steps['s']).toMatchObject({ attempts: 3, output: 3 });
  });

  it('tells of a status as soon as it is had, also when it has passed', async () => {
    const slow = recordingAgent({ capability: 'slow', hang: true });
    const { dispatcher } = await start({ agents: [slow] });
    const running = orchestra.waitForExecution(({ workflowId }) => workflowId === 'w', 'running');
    const handle = await dispatcher.submit(workflow('slow'));
    expect(await running).toMatchObject({ executionId: handle.executionId, status: 'running' });
    expect(await orchestra.waitForStep(handle, 's', 'running')).toMatchObject({ status: 'running' });

    slow.release('done');
    expect(await orchestra.waitForStep(handle, 's')).toMatchObject({ output: 'done' });
    expect(await orchestra.waitForExecution(handle)).toMatchObject({ status: 'completed' });
    expect(await orchestra.waitForExecution(handle, 'running')).toMatchObject({ status: 'completed' });
  });

  it('starts the statuses of an execution anew when it is retried', async () => {
    let fails = true;
    const reply = () => {
      if (fails) throw Object.assign(new Error('down'), { retryable: false });
      return 'up';
    };
    const { dispatcher } = await start({ agents: [recordingAgent({ capability: 'c', reply })] });
    const handle = await dispatcher.submit(workflow('c'));
    expect((await orchestra.waitForExecution(handle)).status).toBe('failed');
    fails = false;
    await dispatcher.retry(handle.executionId);
    expect((await orchestra.waitForExecution(handle)).status).toBe('completed');
  });

  it('lists what it saw when what is waited for does not come', async () => {
    const slow = recordingAgent({ capability: 'slow', hang: true });
    const { dispatcher } = await start({ agents: [slow] });
    const limit = { timeoutMs: 1 };
    await expect(orchestra.waitForExecution('x', 'failed', limit)).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: 'not within 1 ms: execution "x" that is failed. Seen: no execution',
    });
    const handle = await dispatcher.submit(workflow('slow'));
    await slow.call();
    await expect(orchestra.waitForStep({ workflowId: 'w' }, 's', 'failed', limit)).rejects.toThrow(
      'not within 1 ms: step "s" of an execution of workflow "w" that is failed. Seen: \n' +
        `- ${handle.executionId} of "w": pending running (s: running)`,
    );
    const failing = () => {
      throw new Error('bad predicate');
    };
    await expect(orchestra.waitForExecution(failing)).rejects.toThrow('bad predicate');
  });

  it('names the agents that could not be made, which no execution tells of', async () => {
    const missing = { kind: 'function', capability: 'missing', module: '/nowhere.mjs' } as const;
    const { dispatcher } = await start({ options: { pools: [missing] } });
    const handle = await dispatcher.submit(workflow('missing'));
    await expect(orchestra.waitForExecution(handle, 'completed', { timeoutMs: 1 })).rejects.toThrow(
      'An agent of "missing" is not there: AGENT_MODULE_INVALID module /nowhere.mjs cannot be loaded',
    );
  });

  it('closes at once, whatever runs, and leaves nothing behind', async () => {
    const stuck = { capability: 'stuck', factory: new FunctionAgentFactory(() => new Promise(() => {})) };
    const slow = recordingAgent({ capability: 'slow', hang: true });
    const { dispatcher, clock, events } = await start({ agents: [slow, stuck] });
    await dispatcher.submit(workflow('slow'));
    await dispatcher.submit(workflow('stuck'));
    await slow.call();
    const waiting = expect(orchestra.waitForExecution('x')).rejects.toMatchObject({
      code: 'ORCHESTRA_CLOSED',
    });
    await Promise.all([orchestra.close(), orchestra.close()]);
    await waiting;
    expect(slow.calls[0]).toMatchObject({ status: 'failed', hangs: false });
    expect({ timers: clock.timerCount, listeners: events.listenerCount }).toEqual({
      timers: 0,
      listeners: 0,
    });
  });

  it('takes the options of the house, and another clock', async () => {
    const clock = new SystemClock();
    const own = await createTestOrchestra({
      clock,
      agents: [recordingAgent({ capability: 'c', hang: true })],
      options: { dispatch: { maxQueueDepth: 1, maxConcurrentWorkflows: 1 } },
    });
    orchestra = own as unknown as TestOrchestra;
    expect(own.clock).toBe(clock);
    const handle = await own.dispatcher.submit({ ...workflow('c'), timeoutMs: 1 });
    expect((await own.waitForExecution(handle)).status).toBe('timed_out');
  });

  it('refuses bad options', async () => {
    await start();
    // Nest logs it as well.
    jest.spyOn(process.stderr, 'write').mockReturnValueOnce(true);
    const options = { dispatch: { maxSteps: 0 } };
    await expect(createTestOrchestra({ options })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
  });
});

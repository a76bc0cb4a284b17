import type { AgentContext, AgentTask } from './ports/agent.js';
import { CallableAgent } from './callable-agent.js';

const task: AgentTask = { executionId: 'e', stepId: 's', attempt: 1, capability: 'work', input: { n: 2 } };
const context: AgentContext = {
  signal: new AbortController().signal,
  idempotencyKey: 'e:s',
  deadline: null,
  traceparent: null,
  progress: () => {},
};

describe('CallableAgent', () => {
  it('gives the function its task and context', async () => {
    const callable = jest.fn(() => 4);

    await expect(new CallableAgent(callable).execute(task, context)).resolves.toBe(4);
    expect(callable).toHaveBeenCalledWith(task, context);
  });

  it('rejects where the function throws at once', async () => {
    const agent = new CallableAgent(() => {
      throw new Error('no');
    });

    await expect(agent.execute(task, context)).rejects.toThrow('no');
  });

  it('counts as able and free of holdings without hooks', async () => {
    const agent = new CallableAgent(() => null);

    await expect(agent.ping(context.signal)).resolves.toBeUndefined();
    await expect(agent.dispose()).resolves.toBeUndefined();
  });

  it('uses the hooks it has', async () => {
    const ping = jest.fn(() => Promise.reject(new Error('ill')));
    const dispose = jest.fn(() => Promise.resolve());
    const agent = new CallableAgent(() => null, { ping, dispose });

    await expect(agent.ping(context.signal)).rejects.toThrow('ill');
    await agent.dispose();
    expect(ping).toHaveBeenCalledWith(context.signal);
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  it('does not ping once the signal is aborted', async () => {
    const ping = jest.fn(() => Promise.resolve());
    const reason = new Error('enough');

    await expect(new CallableAgent(() => null, { ping }).ping(AbortSignal.abort(reason))).rejects.toBe(
      reason,
    );
    expect(ping).not.toHaveBeenCalled();
  });
});

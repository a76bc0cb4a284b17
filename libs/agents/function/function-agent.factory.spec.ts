import type { AgentCallable } from '#agent-pool';
import { makeContext, makeTask, rejection } from '../testing/make-task.js';
import { FunctionAgentFactory } from './function-agent.factory.js';

describe('FunctionAgentFactory', () => {
  const { signal } = new AbortController();

  it('makes agents that run the function with the task and its context', async () => {
    const callable = jest.fn<unknown, Parameters<AgentCallable>>(({ input }) => ({ echo: input }));
    const agent = await new FunctionAgentFactory(callable).create(signal);
    const task = makeTask({ input: [1] });
    const context = makeContext();
    await expect(agent.execute(task, context)).resolves.toEqual({ echo: [1] });
    expect(callable).toHaveBeenCalledWith(task, context);
    await agent.ping(signal);
    await agent.dispose();
  });

  it('takes no result for null', async () => {
    const agent = await new FunctionAgentFactory(() => undefined).create(signal);
    await expect(agent.execute(makeTask(), makeContext())).resolves.toBeNull();
  });

  it('passes on what the function throws', async () => {
    const error = new Error('no');
    const agent = await new FunctionAgentFactory(() => Promise.reject(error)).create(signal);
    await expect(agent.execute(makeTask(), makeContext())).rejects.toBe(error);
  });

  it('checks what the function returns', async () => {
    const factory = new FunctionAgentFactory(
      ({ input }) => (input === 'date' ? new Date(0) : 'x'.repeat(20)),
      {
        maxOutputBytes: 10,
      },
    );
    const agent = await factory.create(signal);
    expect((await rejection(agent.execute(makeTask({ input: 'date' }), makeContext()))).code).toBe(
      'AGENT_INVALID_OUTPUT',
    );
    expect((await rejection(agent.execute(makeTask(), makeContext()))).code).toBe('AGENT_OUTPUT_TOO_LARGE');
  });

  it('makes none once its signal is aborted', async () => {
    const reason = new Error('stopping');
    await expect(new FunctionAgentFactory(() => null).create(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

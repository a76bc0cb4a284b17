import type { AgentContext, AgentTask } from '#agent-pool';
import { ValidationError } from '#core';
import { recordingAgent, type RecordingAgent, type RecordingAgentOptions } from './recording-agent.js';

describe('recordingAgent', () => {
  const controller = new AbortController();
  const context = { signal: controller.signal, idempotencyKey: 'e:s' } as AgentContext;
  const task = { executionId: 'e', stepId: 's', attempt: 1, capability: 'c', input: 'Ada' } as AgentTask;

  async function call(double: RecordingAgent, stepId = 's', signal = controller.signal): Promise<unknown> {
    const agent = await double.create(signal);
    return agent.execute({ ...task, stepId }, { ...context, signal });
  }

  it.each<[string, RecordingAgentOptions, unknown]>([
    ['a value', { capability: 'c', reply: { a: 1 } }, { a: 1 }],
    ['null', { capability: 'c', reply: null }, null],
    ['what a function makes of the task', { capability: 'c', reply: ({ input }) => [input] }, ['Ada']],
  ])('answers with %s, and records the call', async (_what, options, output) => {
    const double = recordingAgent(options);
    await expect(call(double)).resolves.toEqual(output);
    expect(double.calls).toMatchObject([{ task, context: { idempotencyKey: 'e:s' }, status: 'completed' }]);
  });

  it('throws the error it is given, every time', async () => {
    const error = new Error('no route');
    const double = recordingAgent({ capability: 'c', error });
    await expect(call(double)).rejects.toBe(error);
    await expect(call(double)).rejects.toBe(error);
    expect(double.calls.map(({ status }) => status)).toEqual(['failed', 'failed']);
  });

  it('hangs until it is released, fails or is aborted', async () => {
    const double = recordingAgent({ capability: 'c', hang: true });
    const [abort, fifth] = [new AbortController(), double.call(5)];
    const ends = [
      call(double, 'a'),
      call(double, 'b'),
      call(double, 'c', abort.signal),
      call(double, 'd'),
      call(double, 'e'),
    ];
    const settled = Promise.allSettled(ends);
    await fifth;
    expect(double.calls.map(({ status }) => status)).toEqual(new Array(5).fill('running'));

    (await double.call()).release('done');
    (await double.call(2)).fail(new Error('down'));
    abort.abort(new Error('cancelled'));
    double.release();

    expect(await settled).toEqual([
      { status: 'fulfilled', value: 'done' },
      { status: 'rejected', reason: new Error('down') },
      { status: 'rejected', reason: new Error('cancelled') },
      { status: 'fulfilled', value: null },
      { status: 'fulfilled', value: null },
    ]);
    expect(double.calls.map(({ status }) => status)).toEqual([
      'completed',
      'failed',
      'failed',
      'completed',
      'completed',
    ]);
    expect(() => double.calls[0]!.release()).toThrow(expect.objectContaining({ code: 'CALL_ENDED' }));
  });

  it('says which calls it saw when the one that is waited for does not come', async () => {
    const double = recordingAgent({ capability: 'c', reply: 1 });
    await expect(double.call(1, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: 'not within 1 ms: call 1 of "c". Seen: none',
    });
    await call(double, 'first');
    await expect(double.call(2, { timeoutMs: 1 })).rejects.toThrow(
      'not within 1 ms: call 2 of "c". Seen: "first" (attempt 1)',
    );
  });

  it.each([
    { capability: 'c' },
    { capability: 'c', reply: 1, hang: true },
    { capability: 'c', error: 'text' },
    { capability: '', reply: 1 },
    { capability: 'c', reply: 1, answer: 2 },
  ])('refuses bad options: %j', (options) => {
    expect(() => recordingAgent(options as unknown as RecordingAgentOptions)).toThrow(ValidationError);
  });
});

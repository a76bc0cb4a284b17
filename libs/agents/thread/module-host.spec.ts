import { MessageChannel } from 'node:worker_threads';
import type { AgentContext, AgentTask } from '#agent-pool';
import { makeTask } from '../testing/make-task.js';
import { ModuleHost } from './module-host.js';
import type { AbortMessage, CallMessage } from './thread-protocol.js';

const context = { idempotencyKey: 'e:s', deadline: null, traceparent: null };

describe('ModuleHost', () => {
  const { port1: ours, port2: port } = new MessageChannel();
  afterAll(() => ours.close());

  const begun: number[] = [];
  const untilAborted = ({ attempt }: AgentTask, { signal }: AgentContext) =>
    new Promise((_resolve, reject) => {
      begun.push(attempt);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });

  it('takes an abort that comes before its task: the module never sees the task', async () => {
    const host = new ModuleHost(() => Promise.resolve({ default: untilAborted }));
    await host.handle({ type: 'load', callId: 1, module: '/a.js', maxOutputBytes: 10, port });
    const execute = (callId: number) =>
      host.handle({ type: 'execute', callId, task: makeTask({ attempt: callId }), context });
    const abort = (callId: number, message: string): void => {
      const reason = { code: 'CANCELLED', message, retryable: false };
      ours.postMessage({ callId, kind: 'cancel', reason } satisfies AbortMessage);
    };
    const second = execute(2);
    const tookNote = new Promise<CallMessage>((resolve) => ours.once('message', resolve));
    abort(3, 'early');
    abort(2, 'in time');
    await expect(second).rejects.toMatchObject({ name: 'AbortedError', kind: 'cancel', message: 'in time' });
    expect(await tookNote).toEqual({ type: 'aborting', callId: 2 });
    await expect(execute(3)).rejects.toMatchObject({ name: 'AbortedError', message: 'early' });
    expect(begun).toEqual([2]);
  });

  it('runs nothing before a module is loaded', async () => {
    const host = new ModuleHost(() => Promise.resolve({}));
    await expect(host.handle({ type: 'ping', callId: 1 })).rejects.toThrow('has loaded no module');
  });
});

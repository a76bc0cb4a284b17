import events from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { untilAborted } from './until-aborted.js';

const listeners = (signal: AbortSignal): number => events.getEventListeners(signal, 'abort').length;

function createGate<T>() {
  let open!: (value: T) => void;
  let fail!: (reason: unknown) => void;
  const promise = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}

describe('untilAborted', () => {
  it('resolves as the work does and leaves no listener', async () => {
    const { signal } = new AbortController();
    const gate = createGate<string>();
    const result = untilAborted(gate.promise, signal);
    expect(listeners(signal)).toBe(1);
    gate.open('done');
    await expect(result).resolves.toBe('done');
    expect(listeners(signal)).toBe(0);
  });

  it('rejects as the work does and leaves no listener', async () => {
    const { signal } = new AbortController();
    const gate = createGate<string>();
    const result = untilAborted(gate.promise, signal);
    gate.fail('anything, not an error even');
    await expect(result).rejects.toBe('anything, not an error even');
    expect(listeners(signal)).toBe(0);
  });

  it.each([
    ['an error', new Error('stop')],
    ['a string', 'stop'],
    ['null', null],
  ])('rejects at the abort with its very reason, though the work never ends: %s', async (_kind, reason) => {
    const controller = new AbortController();
    const result = untilAborted(new Promise(() => undefined), controller.signal);
    controller.abort(reason);
    await expect(result).rejects.toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('rejects when the signal has aborted already, even if the work is done', async () => {
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    await expect(untilAborted(Promise.resolve('done'), signal)).rejects.toBe(reason);
    expect(listeners(signal)).toBe(0);
  });

  // Jest fails a test during which a rejection went unhandled.
  it.each(['before', 'after'])(
    'swallows a late rejection of the work (signal aborted %s the call)',
    async (when) => {
      const controller = new AbortController();
      const gate = createGate<never>();
      if (when === 'before') controller.abort(new Error('stop'));
      const result = untilAborted(gate.promise, controller.signal);
      controller.abort(new Error('stop'));
      await expect(result).rejects.toThrow('stop');
      gate.fail(new Error('late'));
      await setImmediate();
      await expect(result).rejects.toThrow('stop');
    },
  );

  it('keeps the result that came before the abort', async () => {
    const controller = new AbortController();
    const result = untilAborted(Promise.resolve('done'), controller.signal);
    await setImmediate();
    controller.abort();
    await expect(result).resolves.toBe('done');
  });
});

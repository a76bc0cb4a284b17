import events from 'node:events';
import { wasWarnedOf } from '../testing/was-warned-of.js';
import { onAbort } from './on-abort.js';

const listeners = (signal: AbortSignal): number => events.getEventListeners(signal, 'abort').length;

describe('onAbort', () => {
  it('calls everybody once, in order', () => {
    const controller = new AbortController();
    const told: string[] = [];
    onAbort(controller.signal, () => told.push('first'));
    onAbort(controller.signal, () => told.push('second'));
    controller.abort();
    controller.abort();
    expect(told).toEqual(['first', 'second']);
    expect(listeners(controller.signal)).toBe(0);
  });

  it('tells callbacks of one signal nothing of another', () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const callback = jest.fn();
    onAbort(one.signal, callback);
    other.abort();
    expect(callback).not.toHaveBeenCalled();
  });

  it('counts the same callback given twice as two', () => {
    const controller = new AbortController();
    const callback = jest.fn();
    const leave = onAbort(controller.signal, callback);
    onAbort(controller.signal, callback);
    leave();
    leave();
    controller.abort();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('never calls who left, also when he was taken off by an earlier callback of the same abort', () => {
    const controller = new AbortController();
    const callback = jest.fn();
    onAbort(controller.signal, () => leave());
    const leave = onAbort(controller.signal, callback);
    controller.abort();
    expect(callback).not.toHaveBeenCalled();
  });

  it('does nothing on a signal that has aborted', () => {
    const callback = jest.fn();
    const signal = AbortSignal.abort();
    const leave = onAbort(signal, callback);
    leave();
    expect(callback).not.toHaveBeenCalled();
    expect(listeners(signal)).toBe(0);
  });

  it('takes no new callback while the abort is being told', () => {
    const controller = new AbortController();
    const late = jest.fn();
    onAbort(controller.signal, () => onAbort(controller.signal, late));
    controller.abort();
    expect(late).not.toHaveBeenCalled();
    expect(listeners(controller.signal)).toBe(0);
  });

  it('needs one listener for any number of callbacks, and none when all have left', () => {
    const { signal } = new AbortController();
    const leave = Array.from({ length: 1_000 }, () => onAbort(signal, () => undefined));
    expect(listeners(signal)).toBe(1);
    for (const off of leave) off();
    expect(listeners(signal)).toBe(0);
    onAbort(signal, () => undefined)();
    expect(listeners(signal)).toBe(0);
  });

  it('begins anew after all have left', () => {
    const controller = new AbortController();
    onAbort(controller.signal, () => undefined)();
    const callback = jest.fn();
    onAbort(controller.signal, callback);
    controller.abort();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  it('never has Node warn of too many listeners', () => {
    const { signal } = new AbortController();
    for (let i = 0; i < 100; i++) onAbort(signal, () => undefined);
    expect(wasWarnedOf(signal)).toBe(false);
  });

  it('lets a callback that throws keep nothing from the others, nor hide what it threw', () => {
    const nextTick = jest.spyOn(process, 'nextTick').mockImplementation(() => undefined);
    const controller = new AbortController();
    const callback = jest.fn();
    onAbort(controller.signal, () => {
      throw new Error('broken');
    });
    onAbort(controller.signal, callback);
    controller.abort();
    const [rethrow] = nextTick.mock.calls[0] ?? [];
    nextTick.mockRestore();
    expect(callback).toHaveBeenCalledTimes(1);
    expect(() => (rethrow as () => void)()).toThrow('broken');
  });
});

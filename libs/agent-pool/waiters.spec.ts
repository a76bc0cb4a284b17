import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { outcomeOf } from './testing/make-pool.js';
import { Waiters } from './waiters.js';

describe('Waiters', () => {
  it('serves the highest priority first and within one priority the first that came', async () => {
    const waiters = new Waiters<number>();
    const served: string[] = [];
    const come = (name: string, priority: number): Promise<unknown> =>
      waiters.wait(priority, undefined).then((place) => served.push(`${name}${place}`));
    const all = [come('a', 5), come('b', 0), come('c', 10), come('d', 5), come('e', 10)];

    for (let place = 0; place < 5; place++) waiters.next()?.(place);
    await Promise.all(all);

    expect(served).toEqual(['c0', 'e1', 'a2', 'd3', 'b4']);
    expect(waiters.next()).toBeUndefined();
  });

  it('lets a waiter go at the moment of its abort, with the reason as it is', async () => {
    const waiters = new Waiters<number>();
    const leaving = new AbortController();
    const gone = waiters.wait(5, leaving.signal);
    const stays = waiters.wait(5, undefined);

    leaving.abort('not even an error');

    expect(waiters.size).toBe(1);
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
    waiters.next()?.(7);
    await expect(gone).rejects.toBe('not even an error');
    await expect(stays).resolves.toBe(7);
  });

  it('passes over a waiter whose signal is aborted but who was not told yet, and tells of it', async () => {
    const onCancelled = jest.fn();
    const waiters = new Waiters<number>(onCancelled);
    const leaving = new AbortController();
    // This listener comes before the waiter's own, so it runs in the middle of the abort.
    leaving.signal.addEventListener('abort', () => waiters.next()?.(1));
    const gone = waiters.wait(5, leaving.signal);
    const next = waiters.wait(5, undefined);

    leaving.abort(new Error('too late'));

    await expect(gone).rejects.toThrow('too late');
    await expect(next).resolves.toBe(1);
    expect(waiters.size).toBe(0);
    expect(onCancelled).toHaveBeenCalledTimes(1);
  });

  it('keeps no listener on the signal of a waiter that was served or turned away', async () => {
    const waiters = new Waiters<number>();
    const { signal } = new AbortController();
    const served = waiters.wait(5, signal);
    const rejected = waiters.wait(5, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);

    waiters.next()?.(1);
    waiters.rejectAll(new Error('closed'));

    await expect(served).resolves.toBe(1);
    await expect(rejected).rejects.toThrow('closed');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(await outcomeOf(served)).toBe('fulfilled');
  });

  it('tells of those whose signal took them out of the line, and of no others', async () => {
    const cancelled = jest.fn();
    const waiters = new Waiters<number>(cancelled);
    const gone = new AbortController();
    const waits = [undefined, gone.signal, undefined].map((each) => waiters.wait(5, each));
    const settled = Promise.allSettled(waits);
    waiters.next()?.(1);
    expect(cancelled).not.toHaveBeenCalled();
    gone.abort();
    expect(cancelled).toHaveBeenCalledTimes(1);
    waiters.rejectAll(new Error('closed'));
    expect(cancelled).toHaveBeenCalledTimes(1);
    expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('keeps its order whoever comes and leaves', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('come' as const), priority: fc.integer({ min: 0, max: 10 }) }),
      fc.record({ do: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ do: fc.constant('serve' as const) }),
    );
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const waiters = new Waiters<void>();
        const served: number[] = [];
        const expected: number[] = [];
        let model: { id: number; priority: number; controller: AbortController }[] = [];
        let id = 0;
        for (const now of steps) {
          if (now.do === 'come') {
            const controller = new AbortController();
            const me = id++;
            waiters.wait(now.priority, controller.signal).then(
              () => served.push(me),
              () => {},
            );
            model.push({ id: me, priority: now.priority, controller });
            model.sort((a, b) => b.priority - a.priority || a.id - b.id);
          } else if (now.do === 'leave' && model.length > 0) {
            const [gone] = model.splice(now.which % model.length, 1);
            gone?.controller.abort();
          } else if (now.do === 'serve') {
            waiters.next()?.();
            const [first, ...rest] = model;
            if (first !== undefined) expected.push(first.id);
            model = rest;
          }
          expect(waiters.size).toBe(model.length);
        }
        await Promise.resolve();
        expect(served).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
});

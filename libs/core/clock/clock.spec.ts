import events from 'node:events';
import { MAX_DELAY_MS, type Clock } from './clock.js';
import { ManualClock } from './manual-clock.js';

const listeners = (signal: AbortSignal): number => events.getEventListeners(signal, 'abort').length;

describe('Clock', () => {
  let clock: ManualClock;
  beforeEach(() => (clock = new ManualClock(Date.UTC(2026, 1, 3, 4, 5, 6, 7))));

  it('writes its time as ISO 8601 in UTC', async () => {
    expect(clock.timestamp()).toBe('2026-02-03T04:05:06.007Z');
    await clock.advance(1.9);
    expect(clock.timestamp()).toBe('2026-02-03T04:05:06.008Z');
  });

  describe('sleep', () => {
    it('resolves after its time and leaves neither timer nor listener', async () => {
      const { signal } = new AbortController();
      const woken = jest.fn();
      const sleep = clock.sleep(100, { signal }).then(woken);
      expect(listeners(signal)).toBe(1);
      await clock.advance(99);
      expect(woken).not.toHaveBeenCalled();
      await clock.advance(1);
      expect(woken).toHaveBeenCalledTimes(1);
      expect(clock.timerCount).toBe(0);
      expect(listeners(signal)).toBe(0);
      await sleep;
    });

    it.each([
      ['an error', new Error('wake up')],
      ['a string', 'wake up'],
      ['null', null],
    ])('rejects at the abort with its very reason: %s', async (_kind, reason) => {
      const controller = new AbortController();
      const sleep = clock.sleep(100, { signal: controller.signal });
      controller.abort(reason);
      await expect(sleep).rejects.toBe(reason);
      expect(clock.timerCount).toBe(0);
      expect(listeners(controller.signal)).toBe(0);
    });

    it('sets no timer when the signal has aborted already', async () => {
      const reason = new Error('never mind');
      await expect(clock.sleep(100, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(clock.timerCount).toBe(0);
    });

    it('is not disturbed by an abort after its end', async () => {
      const controller = new AbortController();
      const sleep = clock.sleep(1, { signal: controller.signal });
      await clock.advance(1);
      controller.abort();
      await expect(sleep).resolves.toBeUndefined();
    });

    it('needs no signal, and takes 0 ms and less for the next turn', async () => {
      const sleeps = Promise.all([clock.sleep(0), clock.sleep(-5), clock.sleep(Number.NEGATIVE_INFINITY)]);
      await clock.advance(0);
      await expect(sleeps).resolves.toHaveLength(3);
    });

    it('sleeps as long as a timer can when asked for more', async () => {
      const woken = jest.fn();
      const sleep = clock.sleep(Number.POSITIVE_INFINITY).then(woken);
      await clock.advance(MAX_DELAY_MS - 1);
      expect(woken).not.toHaveBeenCalled();
      await clock.advance(1);
      await sleep;
      expect(woken).toHaveBeenCalledTimes(1);
    });

    it('rejects NaN and leaves no listener', async () => {
      const { signal } = new AbortController();
      await expect(clock.sleep(Number.NaN, { signal })).rejects.toThrow(RangeError);
      expect(listeners(signal)).toBe(0);
      expect(clock.timerCount).toBe(0);
    });

    it('hands `ref` to its timer', () => {
      const setTimer = jest.spyOn<Clock, 'setTimer'>(clock, 'setTimer');
      void clock.sleep(1, { ref: true });
      void clock.sleep(1);
      expect(setTimer.mock.calls.map(([, , options]) => options?.ref ?? false)).toEqual([true, false]);
    });
  });
});

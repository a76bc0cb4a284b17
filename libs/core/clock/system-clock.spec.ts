import { MAX_DELAY_MS } from './clock.js';
import { SystemClock } from './system-clock.js';

describe('SystemClock', () => {
  const clock = new SystemClock();

  it('tells the wall clock and a monotonic one', () => {
    const before = Date.now();
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
    expect(Number.isInteger(now)).toBe(true);
    const first = clock.monotonic();
    expect(clock.monotonic()).toBeGreaterThanOrEqual(first);
  });

  describe('with fake timers', () => {
    beforeEach(() => jest.useFakeTimers({ now: 1_000 }));
    afterEach(() => jest.useRealTimers());

    it('follows them', () => {
      const startedAt = clock.monotonic();
      jest.advanceTimersByTime(250);
      expect(clock.now()).toBe(1_250);
      expect(clock.monotonic() - startedAt).toBe(250);
      expect(clock.timestamp()).toBe('1970-01-01T00:00:01.250Z');
      jest.advanceTimersByTime(1);
      expect(clock.timestamp()).toBe('1970-01-01T00:00:01.251Z');
      jest.setSystemTime(1_250);
      expect(clock.timestamp()).toBe('1970-01-01T00:00:01.250Z');
    });

    it('fires a timer once, at its time', () => {
      const callback = jest.fn();
      clock.setTimer(callback, 100);
      jest.advanceTimersByTime(99);
      expect(callback).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1_000);
      expect(callback).toHaveBeenCalledTimes(1);
    });

    it('never fires a timer that was cancelled, as often as it was', () => {
      const callback = jest.fn();
      const timer = clock.setTimer(callback, 100);
      timer.cancel();
      timer.cancel();
      jest.advanceTimersByTime(1_000);
      expect(callback).not.toHaveBeenCalled();
      expect(jest.getTimerCount()).toBe(0);
    });

    it.each([-1, Number.NEGATIVE_INFINITY])('takes a delay of %d ms for 0', (delayMs) => {
      const setTimeout = jest.spyOn(globalThis, 'setTimeout');
      clock.setTimer(() => undefined, delayMs);
      expect(setTimeout).toHaveBeenCalledWith(expect.any(Function), 0);
    });

    it.each([MAX_DELAY_MS + 1, Number.POSITIVE_INFINITY, Number.MAX_VALUE])(
      'takes a delay of %d ms for the longest one, where Node would fire after 1 ms',
      (delayMs) => {
        const callback = jest.fn();
        clock.setTimer(callback, delayMs);
        jest.advanceTimersByTime(MAX_DELAY_MS - 1);
        expect(callback).not.toHaveBeenCalled();
        jest.advanceTimersByTime(1);
        expect(callback).toHaveBeenCalledTimes(1);
      },
    );

    it('refuses a delay of NaN, where Node would fire after 1 ms', () => {
      expect(() => clock.setTimer(() => undefined, Number.NaN)).toThrow(RangeError);
      expect(jest.getTimerCount()).toBe(0);
    });

    it('sleeps', async () => {
      const sleep = clock.sleep(100);
      await jest.advanceTimersByTimeAsync(100);
      await expect(sleep).resolves.toBeUndefined();
      expect(jest.getTimerCount()).toBe(0);
    });
  });

  it.each([
    [undefined, false],
    [{}, false],
    [{ ref: false }, false],
    [{ ref: true }, true],
  ])('with %j keeps the process alive: %s', (options, alive) => {
    const setTimeout = jest.spyOn(globalThis, 'setTimeout');
    const timer = clock.setTimer(() => undefined, 60_000, options);
    const handle = setTimeout.mock.results[0]?.value as NodeJS.Timeout;
    expect(handle.hasRef()).toBe(alive);
    timer.cancel();
    setTimeout.mockRestore();
  });
});

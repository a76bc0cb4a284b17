import { MAX_DELAY_MS } from './clock.js';
import { ManualClock } from './manual-clock.js';

describe('ManualClock', () => {
  const startMs = Date.UTC(2026, 5, 1);
  let clock: ManualClock;
  beforeEach(() => (clock = new ManualClock(startMs)));

  it('stands still until it is turned', async () => {
    expect([clock.now(), clock.monotonic()]).toEqual([startMs, 0]);
    await clock.advance(1_500);
    expect([clock.now(), clock.monotonic()]).toEqual([startMs + 1_500, 1_500]);
  });

  it('has whole milliseconds on the wall and fractions on the monotonic clock, as the real one', async () => {
    await clock.advance(0.7);
    expect([clock.now(), clock.monotonic()]).toEqual([startMs, 0.7]);
    await clock.advance(0.7);
    expect([clock.now(), clock.monotonic()]).toEqual([startMs + 1, 1.4]);
  });

  it('fires timers in order of their time, then of their making, each at its own time', async () => {
    const fired: [string, number][] = [];
    const set = (name: string, delayMs: number) =>
      clock.setTimer(() => fired.push([name, clock.monotonic()]), delayMs);
    set('late', 30);
    set('early', 10);
    set('early too', 10);
    set('now', 0);
    await clock.advance(29);
    expect(fired).toEqual([
      ['now', 0],
      ['early', 10],
      ['early too', 10],
    ]);
    expect(clock.timerCount).toBe(1);
    await clock.advance(1);
    expect(fired.at(-1)).toEqual(['late', 30]);
    expect(clock.timerCount).toBe(0);
  });

  it('fires a timer once, and a cancelled one never', async () => {
    const [kept, cancelled] = [jest.fn(), jest.fn()];
    const timer = clock.setTimer(kept, 1);
    const other = clock.setTimer(cancelled, 1);
    other.cancel();
    other.cancel();
    await clock.advance(10);
    timer.cancel();
    await clock.advance(10);
    expect(kept).toHaveBeenCalledTimes(1);
    expect(cancelled).not.toHaveBeenCalled();
  });

  it('lets a callback cancel a timer that is due at the same time', async () => {
    const callback = jest.fn();
    clock.setTimer(() => other.cancel(), 1);
    const other = clock.setTimer(callback, 1);
    await clock.advance(1);
    expect(callback).not.toHaveBeenCalled();
  });

  it('fires timers that were set on the way, and by promise callbacks on the way', async () => {
    const firedAt: number[] = [];
    const again = async (): Promise<void> => {
      firedAt.push(clock.monotonic());
      await Promise.resolve();
      await Promise.resolve();
      clock.setTimer(() => void again(), 10);
    };
    clock.setTimer(() => void again(), 10);
    await clock.advance(35);
    expect(firedAt).toEqual([10, 20, 30]);
    expect(clock.monotonic()).toBe(35);
  });

  it.each([-1, Number.NEGATIVE_INFINITY])('takes a delay of %d ms for 0', async (delayMs) => {
    const callback = jest.fn();
    clock.setTimer(callback, delayMs);
    await clock.advance(0);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(clock.monotonic()).toBe(0);
  });

  it.each([MAX_DELAY_MS + 1, Number.POSITIVE_INFINITY])(
    'takes a delay of %d ms for the longest one',
    async (delayMs) => {
      const callback = jest.fn();
      clock.setTimer(callback, delayMs);
      await clock.advance(MAX_DELAY_MS - 1);
      expect(callback).not.toHaveBeenCalled();
      await clock.advance(1);
      expect(callback).toHaveBeenCalledTimes(1);
    },
  );

  it('refuses a delay of NaN', () => {
    expect(() => clock.setTimer(() => undefined, Number.NaN)).toThrow(RangeError);
    expect(clock.timerCount).toBe(0);
  });

  it.each([-1, Number.NaN])('refuses to move on by %d ms', async (ms) => {
    await expect(clock.advance(ms)).rejects.toThrow(RangeError);
    expect(clock.monotonic()).toBe(0);
  });

  it('never goes back when two advances overlap', async () => {
    const seen: number[] = [];
    clock.setTimer(() => seen.push(clock.monotonic()), 100);
    const further = clock.advance(100);
    await clock.advance(30);
    expect(clock.monotonic()).toBe(100);
    await further;
    expect(clock.monotonic()).toBe(100);
    expect(seen).toEqual([100]);
  });

  it('passes on what a callback throws, at the time it was due', async () => {
    clock.setTimer(() => {
      throw new Error('broken');
    }, 5);
    await expect(clock.advance(10)).rejects.toThrow('broken');
    expect(clock.monotonic()).toBe(5);
    expect(clock.timerCount).toBe(0);
  });
});

import events from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { AbortedError } from '../abort/aborted-error.js';
import type { Timer, TimerOptions } from '../clock/clock.js';
import { ManualClock } from '../clock/manual-clock.js';
import { JitteredLoop, type JitteredLoopOptions } from './jittered-loop.js';

/** Remembers what it was asked for. */
class RecordingClock extends ManualClock {
  readonly asked: { delayMs: number; options: TimerOptions | undefined }[] = [];

  override setTimer(callback: () => void, delayMs: number, options?: TimerOptions): Timer {
    this.asked.push({ delayMs, options });
    return super.setTimer(callback, delayMs);
  }
}

function createGate() {
  let open!: () => void;
  const promise = new Promise<void>((resolve) => (open = resolve));
  return { promise, open };
}

describe('JitteredLoop', () => {
  let clock: RecordingClock;
  let loops: JitteredLoop[];

  const makeLoop = (options: Partial<JitteredLoopOptions>): JitteredLoop => {
    const loop = new JitteredLoop({
      clock,
      intervalMs: 100,
      run: async () => undefined,
      onError: (error) => {
        throw error;
      },
      random: () => 0.5,
      ...options,
    });
    loops.push(loop);
    return loop;
  };

  beforeEach(() => {
    clock = new RecordingClock();
    loops = [];
  });

  afterEach(async () => {
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(clock.timerCount).toBe(0);
  });

  it('does nothing before it is started', async () => {
    const run = jest.fn(async () => undefined);
    makeLoop({ run });
    await clock.advance(1_000);
    expect(run).not.toHaveBeenCalled();
    expect(clock.asked).toEqual([]);
  });

  it('runs first after one wait, then again and again', async () => {
    const ranAt: number[] = [];
    const loop = makeLoop({ run: async () => void ranAt.push(clock.monotonic()) });
    loop.start();
    await clock.advance(350);
    expect(ranAt).toEqual([100, 200, 300]);
  });

  it('is one loop, however often it is started', async () => {
    const run = jest.fn(async () => undefined);
    const loop = makeLoop({ run });
    for (let i = 0; i < 1_000; i++) loop.start();
    expect(clock.timerCount).toBe(1);
    await clock.advance(100);
    expect(run).toHaveBeenCalledTimes(1);
    expect(clock.timerCount).toBe(1);
  });

  it('never overlaps: it waits from the end of one run to the start of the next', async () => {
    const ranAt: number[] = [];
    let running = 0;
    let most = 0;
    const loop = makeLoop({
      run: async () => {
        most = Math.max(most, ++running);
        ranAt.push(clock.monotonic());
        await clock.sleep(1_000);
        running--;
      },
    });
    loop.start();
    await clock.advance(3_300);
    expect(ranAt).toEqual([100, 1_200, 2_300]);
    expect(most).toBe(1);
    const stopped = loop.stop();
    await clock.advance(1_000);
    await stopped;
  });

  it('spreads its waits evenly over the interval, plus or minus the jitter', async () => {
    for (const draw of [0, 0.25, 0.5, 0.75, 1 - 2 ** -53])
      makeLoop({ jitter: 0.4, random: () => draw }).start();
    const waits = clock.asked.map(({ delayMs }) => delayMs);
    [60, 80, 100, 120, 140].forEach((wait, at) => expect(waits[at]).toBeCloseTo(wait));
  });

  it.each([
    [undefined, 80, 120],
    [0, 100, 100],
    [0.5, 50, 150],
    [1, 0, 200],
  ])('with jitter %p waits %d..%d ms', async (jitter, leastMs, mostMs) => {
    const loop = makeLoop({ jitter, random: Math.random });
    loop.start();
    await clock.advance(100_000);
    const waits = clock.asked.map(({ delayMs }) => delayMs);
    expect(waits.length).toBeGreaterThan(500);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(leastMs - 1e-9);
    expect(Math.max(...waits)).toBeLessThanOrEqual(mostMs + 1e-9);
    const spread = Math.max(...waits) - Math.min(...waits);
    expect(spread).toBeGreaterThanOrEqual(0.9 * (mostMs - leastMs));
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(Math.abs(mean - 100)).toBeLessThan(0.15 * (mostMs - leastMs) + 1e-9);
  });

  it('draws each wait anew', async () => {
    const draws = [0, 1 - 2 ** -53, 0.5];
    makeLoop({ random: () => draws.shift() ?? 0.5 }).start();
    await clock.advance(310);
    expect(clock.asked.slice(0, 3).map(({ delayMs }) => Math.round(delayMs))).toEqual([80, 120, 100]);
  });

  it('never keeps the process alive', async () => {
    makeLoop({}).start();
    await clock.advance(1_000);
    expect(clock.asked.length).toBeGreaterThan(5);
    expect(clock.asked.every(({ options }) => options?.ref !== true)).toBe(true);
  });

  describe('when a run fails', () => {
    it.each<[string, () => Promise<void>]>([
      ['rejects', () => Promise.reject(new Error('broken'))],
      [
        'throws at once',
        () => {
          throw new Error('broken');
        },
      ],
    ])('and %s, tells and goes on', async (_how, run) => {
      const onError = jest.fn();
      makeLoop({ run, onError }).start();
      await clock.advance(300);
      expect(onError.mock.calls).toEqual(
        [1, 2, 3].map(() => [expect.objectContaining({ message: 'broken' })]),
      );
      expect(clock.timerCount).toBe(1);
    });

    it('and whoever is told fails too, goes on all the same and hides nothing', async () => {
      const nextTick = jest.spyOn(process, 'nextTick');
      const rethrown: unknown[] = [];
      nextTick.mockImplementation((callback) => {
        try {
          callback();
        } catch (error) {
          rethrown.push(error);
        }
      });
      const worse = new Error('cannot even tell');
      const onError = (): void => {
        throw worse;
      };
      const loop = makeLoop({ run: () => Promise.reject(new Error('broken')), onError });
      loop.start();
      await clock.advance(200);
      nextTick.mockRestore();
      expect(rethrown).toEqual([worse, worse]);
      expect(clock.timerCount).toBe(1);
      await expect(loop.stop()).resolves.toBeUndefined();
    });

    it('does not tell once it was stopped: that is how a stopped run ends', async () => {
      const onError = jest.fn();
      const run = (signal: AbortSignal) => clock.sleep(1_000, { signal });
      const loop = makeLoop({ run, onError });
      loop.start();
      await clock.advance(100);
      await loop.stop();
      expect(onError).not.toHaveBeenCalled();
    });
  });

  describe('stop', () => {
    it('before the start makes it never start', async () => {
      const run = jest.fn(async () => undefined);
      const loop = makeLoop({ run });
      await loop.stop();
      loop.start();
      await clock.advance(1_000);
      expect(run).not.toHaveBeenCalled();
      expect(clock.asked).toEqual([]);
    });

    it('between two runs takes the timer off, for good', async () => {
      const run = jest.fn(async () => undefined);
      const loop = makeLoop({ run });
      loop.start();
      await clock.advance(150);
      await loop.stop();
      expect(clock.timerCount).toBe(0);
      loop.start();
      await clock.advance(1_000);
      expect(run).toHaveBeenCalledTimes(1);
    });

    it('aborts the run in flight, as a shutdown, and waits for its end', async () => {
      const gate = createGate();
      let seen: AbortSignal | undefined;
      const loop = makeLoop({
        run: async (signal) => {
          seen = signal;
          await gate.promise;
        },
      });
      loop.start();
      await clock.advance(100);
      expect(seen?.aborted).toBe(false);

      const order: string[] = [];
      const stops = [loop.stop(), loop.stop()].map((stop) => stop.then(() => order.push('stopped')));
      expect(seen?.aborted).toBe(true);
      expect(seen?.reason).toBeInstanceOf(AbortedError);
      expect(seen?.reason).toMatchObject({ kind: 'shutdown' });
      await setImmediate();
      order.push('run ends');
      gate.open();
      await Promise.all(stops);
      expect(order).toEqual(['run ends', 'stopped', 'stopped']);
      await clock.advance(1_000);
      expect(clock.asked).toHaveLength(1);
    });

    it('does not reject with the failure of the run it stopped', async () => {
      const loop = makeLoop({ run: (signal) => clock.sleep(1_000, { signal }) });
      loop.start();
      await clock.advance(100);
      await expect(loop.stop()).resolves.toBeUndefined();
    });

    it('may be called by a run, as long as that does not wait for it', async () => {
      const run = jest.fn(async () => void loop.stop());
      const loop = makeLoop({ run });
      loop.start();
      await clock.advance(1_000);
      expect(run).toHaveBeenCalledTimes(1);
    });

    it('may be called by whoever is told of a failure', async () => {
      const run = jest.fn(() => Promise.reject(new Error('broken')));
      const loop = makeLoop({ run, onError: () => void loop.stop() });
      loop.start();
      await clock.advance(1_000);
      expect(run).toHaveBeenCalledTimes(1);
    });

    it('leaves nothing, a thousand times over', async () => {
      const signals: AbortSignal[] = [];
      for (let i = 0; i < 1_000; i++) {
        const loop = makeLoop({
          intervalMs: 1,
          run: async (signal) => {
            signals.push(signal);
            await clock.sleep(1_000, { signal });
          },
        });
        loop.start();
        if (i % 10 === 0) await clock.advance(1);
        await loop.stop();
      }
      expect(signals).toHaveLength(100);
      expect(clock.timerCount).toBe(0);
      expect(signals.every((signal) => events.getEventListeners(signal, 'abort').length === 0)).toBe(true);
    });
  });
});

import events from 'node:events';
import { untilAborted } from '../abort/until-aborted.js';
import type { Clock } from '../clock/clock.js';
import { ManualClock } from '../clock/manual-clock.js';
import { retry, type RetryOptions } from './retry.js';
import type { RetryPolicy } from './retry-policy.js';

/** The greatest number `Math.random` can give: every wait is as long as it can be. */
const ALMOST_ONE = 1 - 2 ** -53;

const policy: RetryPolicy = { maxAttempts: 4, baseDelayMs: 100, maxDelayMs: 300, multiplier: 2 };

const failing = (...errors: unknown[]) => {
  const left = [...errors];
  return jest.fn(async (attempt: number, signal: AbortSignal): Promise<string> => {
    signal.throwIfAborted();
    if (left.length > 0) throw left.shift();
    return `attempt ${attempt}`;
  });
};

const errors = (count: number): Error[] =>
  Array.from({ length: count }, (_, i) => new Error(`failure ${i + 1}`));

describe('retry', () => {
  let clock: ManualClock;
  let controller: AbortController;
  let options: RetryOptions;

  beforeEach(() => {
    clock = new ManualClock();
    controller = new AbortController();
    options = { clock, policy, signal: controller.signal, random: () => ALMOST_ONE };
  });

  afterEach(() => {
    expect(clock.timerCount).toBe(0);
    expect(events.getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('gives the first result without any wait', async () => {
    await expect(retry(failing(), options)).resolves.toBe('attempt 1');
    expect(clock.monotonic()).toBe(0);
  });

  it('tries again after delays that grow up to the longest one', async () => {
    const calledAt: number[] = [];
    const work = failing(...errors(3));
    const result = retry((attempt, signal) => {
      calledAt.push(clock.monotonic());
      return work(attempt, signal);
    }, options);
    await clock.advance(10_000);
    await expect(result).resolves.toBe('attempt 4');
    expect(calledAt).toEqual([0, 100, 300, 600]);
  });

  it('jitters each delay from nothing on', async () => {
    const work = failing(...errors(3));
    const result = retry(work, { ...options, random: () => 0 });
    await clock.advance(0);
    await expect(result).resolves.toBe('attempt 4');
  });

  it('throws the last error when its attempts ran out', async () => {
    const thrown = errors(5);
    const work = failing(...thrown);
    const result = retry(work, options);
    const expectation = expect(result).rejects.toBe(thrown[3]);
    await clock.advance(10_000);
    await expectation;
    expect(work).toHaveBeenCalledTimes(4);
  });

  it('tries once only with maxAttempts 1', async () => {
    const work = failing(...errors(1));
    await expect(retry(work, { ...options, policy: { ...policy, maxAttempts: 1 } })).rejects.toThrow(
      'failure 1',
    );
    expect(work).toHaveBeenCalledTimes(1);
  });

  it('tells the number of the attempt', async () => {
    const work = failing(...errors(2));
    const result = retry(work, options);
    await clock.advance(10_000);
    await result;
    expect(work.mock.calls.map(([attempt]) => attempt)).toEqual([1, 2, 3]);
  });

  it('treats work that throws at once as work that rejects', async () => {
    const work = jest.fn<Promise<string>, []>(() => {
      throw new Error('at once');
    });
    work.mockImplementationOnce(() => Promise.reject(new Error('first')));
    const result = retry(work, { ...options, policy: { ...policy, maxAttempts: 2 } });
    const expectation = expect(result).rejects.toThrow('at once');
    await clock.advance(10_000);
    await expectation;
  });

  describe('asks whether an error may pass', () => {
    it('and ends at once when it says retryable: false', async () => {
      const error = Object.assign(new Error('bad input'), { retryable: false });
      const work = failing(error);
      await expect(retry(work, options)).rejects.toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it.each<[string, unknown]>([
      ['retryable: true', { retryable: true }],
      ['nothing', new Error('who knows')],
      ['nothing, being null', null],
      ['nothing, being undefined', undefined],
      ['nothing, being a string', 'boom'],
      [
        'nothing that can be read',
        new Proxy(
          {},
          {
            get() {
              throw new Error('trap');
            },
          },
        ),
      ],
    ])('and tries again when it says %s', async (_said, error) => {
      const result = retry(failing(error), options);
      await clock.advance(100);
      await expect(result).resolves.toBe('attempt 2');
    });

    it('the caller, when he wants to be asked', async () => {
      const fatal = new Error('fatal');
      const isRetryable = jest.fn((error: unknown) => error !== fatal);
      const passing = Object.assign(new Error('passing'), { retryable: false });
      const result = retry(failing(passing, fatal), { ...options, isRetryable });
      const expectation = expect(result).rejects.toBe(fatal);
      await clock.advance(10_000);
      await expectation;
      expect(isRetryable).toHaveBeenCalledTimes(2);
    });

    it('and tells of each wait before it', async () => {
      const onRetry = jest.fn();
      const [first, second] = errors(2);
      const result = retry(failing(first, second), { ...options, onRetry });
      await clock.advance(0);
      expect(onRetry.mock.calls).toEqual([[first, 1, 100]]);
      await clock.advance(10_000);
      expect(onRetry.mock.calls).toEqual([
        [first, 1, 100],
        [second, 2, 200],
      ]);
      await result;
    });

    it('and tells of no wait that does not follow', async () => {
      const onRetry = jest.fn();
      await expect(retry(failing({ retryable: false }), { ...options, onRetry })).rejects.toBeDefined();
      expect(onRetry).not.toHaveBeenCalled();
    });
  });

  describe('honours retryAfterMs', () => {
    const waitOf = async (details: unknown, random: () => number): Promise<number> => {
      const onRetry = jest.fn();
      const error = Object.assign(new Error('busy'), { details });
      const result = retry(failing(error), { ...options, random, onRetry });
      await clock.advance(10_000);
      await result;
      return (onRetry.mock.calls[0] as [unknown, number, number])[2];
    };

    it.each<[unknown, () => number, number]>([
      [{ retryAfterMs: 250 }, () => 0, 250],
      [{ retryAfterMs: 50 }, () => ALMOST_ONE, 100],
      [{ retryAfterMs: 300 }, () => 0, 300],
      [{ retryAfterMs: 9_000 }, () => 0, 9_000],
      [{ retryAfterMs: -1 }, () => 0, 0],
      [{ retryAfterMs: Number.NaN }, () => 0, 0],
      [{ retryAfterMs: '250' }, () => 0, 0],
      [{}, () => 0, 0],
      [null, () => 0, 0],
      ['250', () => 0, 0],
    ])('of details %p, also beyond maxDelayMs', async (details, random, expectedMs) => {
      await expect(waitOf(details, random)).resolves.toBe(expectedMs);
    });
  });

  it.each([1_001, Number.POSITIVE_INFINITY])(
    'gives up when it is to wait %p ms and has 1000',
    async (askedMs) => {
      const error = Object.assign(new Error('busy'), { details: { retryAfterMs: askedMs } });
      const work = failing(error);
      await expect(retry(work, { ...options, timeLeftMs: () => 1_000 })).rejects.toBe(error);
      expect(work).toHaveBeenCalledTimes(1);
    },
  );

  describe('ends with its signal', () => {
    it('before the first attempt', async () => {
      const reason = new Error('stop');
      controller.abort(reason);
      const work = failing();
      await expect(retry(work, options)).rejects.toBe(reason);
      expect(work).not.toHaveBeenCalled();
    });

    it.each([
      ['an error', new Error('stop')],
      ['a string', 'stop'],
      ['null', null],
    ])('at once in the wait between attempts, for its very reason: %s', async (_kind, reason) => {
      const work = failing(...errors(3));
      const result = retry(work, options);
      await clock.advance(50);
      expect(clock.timerCount).toBe(1);
      controller.abort(reason);
      await expect(result).rejects.toBe(reason);
      expect(clock.monotonic()).toBe(50);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('at once during an attempt, which gets it too', async () => {
      const work = jest.fn((_attempt: number, signal: AbortSignal) =>
        untilAborted(new Promise(() => undefined), signal),
      );
      const result = retry(work, options);
      const reason = new Error('stop');
      controller.abort(reason);
      await expect(result).rejects.toBe(reason);
      expect(work).toHaveBeenCalledTimes(1);
    });

    it('with the reason, whatever an attempt makes of it', async () => {
      const reason = new Error('stop');
      const onRetry = jest.fn();
      const work = async (): Promise<string> => {
        await clock.sleep(10);
        controller.abort(reason);
        throw Object.assign(new Error('socket closed'), { retryable: true });
      };
      const expectation = expect(retry(work, { ...options, onRetry })).rejects.toBe(reason);
      await clock.advance(10);
      await expectation;
      expect(onRetry).not.toHaveBeenCalled();
    });

    it('but keeps a result that came all the same', async () => {
      const result = retry(async () => {
        await clock.sleep(10);
        return 'done';
      }, options);
      controller.abort();
      await clock.advance(10);
      await expect(result).resolves.toBe('done');
    });
  });

  it('hands `ref` to its timers', async () => {
    const setTimer = jest.spyOn<Clock, 'setTimer'>(clock, 'setTimer');
    for (const ref of [true, undefined]) {
      const result = retry(failing(...errors(1)), { ...options, ref });
      await clock.advance(100);
      await result;
    }
    expect(setTimer.mock.calls.map(([, , timer]) => timer?.ref ?? false)).toEqual([true, false]);
  });
});

import events from 'node:events';
import v8 from 'node:v8';
import vm from 'node:vm';
import { MAX_DELAY_MS, type Clock } from '../clock/clock.js';
import { ManualClock } from '../clock/manual-clock.js';
import { wasWarnedOf } from '../testing/was-warned-of.js';
import { AbortedError } from './aborted-error.js';
import { Deadline } from './deadline.js';

const listeners = (signal: AbortSignal): number => events.getEventListeners(signal, 'abort').length;

v8.setFlagsFromString('--expose-gc');
const collectGarbage = vm.runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

describe('Deadline', () => {
  const what = 'step "read"';
  let clock: ManualClock;
  let parent: AbortController;

  beforeEach(() => {
    clock = new ManualClock();
    parent = new AbortController();
  });

  const expectNothingLeft = (): void => {
    expect(clock.timerCount).toBe(0);
    expect(listeners(parent.signal)).toBe(0);
  };

  it('aborts when its time is over, not a millisecond before, and says what was too slow', async () => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    await clock.advance(99);
    expect(deadline.signal.aborted).toBe(false);
    await clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
    expect(deadline.signal.reason).toBeInstanceOf(AbortedError);
    expect(deadline.signal.reason).toMatchObject({
      kind: 'timeout',
      code: 'TIMEOUT',
      message: 'step "read" timed out after 100 ms',
      details: { timeoutMs: 100 },
    });
    expectNothingLeft();
  });

  it.each([
    ['an error', new Error('enough')],
    ['a string', 'enough'],
    ['null', null],
  ])('aborts with its parent, for the very same reason: %s', (_kind, reason) => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    const onAbort = jest.fn();
    deadline.signal.addEventListener('abort', onAbort);
    parent.abort(reason);
    expect(deadline.signal.reason).toBe(reason);
    expect(onAbort).toHaveBeenCalledTimes(1);
    expectNothingLeft();
  });

  it('of an aborted parent is aborted from the start, without timer or listener', () => {
    const reason = new Error('too late');
    parent.abort(reason);
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    expect(deadline.signal.reason).toBe(reason);
    expectNothingLeft();
    deadline.dispose();
    deadline.abort(new Error('again'));
    expect(deadline.signal.reason).toBe(reason);
  });

  it('without a time sets no timer and ends with its parent only', async () => {
    const deadline = new Deadline({ clock, parent: parent.signal, what });
    expect(clock.timerCount).toBe(0);
    await clock.advance(MAX_DELAY_MS);
    expect(deadline.signal.aborted).toBe(false);
    parent.abort();
    expect(deadline.signal.aborted).toBe(true);
  });

  it('needs no parent', async () => {
    const deadline = new Deadline({ clock, timeoutMs: 1, what });
    await clock.advance(1);
    expect(deadline.signal.aborted).toBe(true);
  });

  it('can be aborted early, and only the first reason counts', async () => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    const first = new AbortedError('cancel', 'asked for');
    deadline.abort(first);
    deadline.abort(new AbortedError('shutdown', 'bye'));
    parent.abort(new Error('parent'));
    await clock.advance(100);
    expect(deadline.signal.reason).toBe(first);
    expectNothingLeft();
  });

  it('does not abort its parent', () => {
    new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what }).abort(new Error('mine'));
    expect(parent.signal.aborted).toBe(false);
  });

  it('that was disposed never aborts by itself, as often as it was disposed', async () => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    deadline.dispose();
    deadline.dispose();
    deadline[Symbol.dispose]();
    expectNothingLeft();
    parent.abort();
    await clock.advance(100);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('that was disposed can still be aborted by hand', () => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    deadline.dispose();
    const reason = new Error('after all');
    deadline.abort(reason);
    expect(deadline.signal.reason).toBe(reason);
    expectNothingLeft();
  });

  it('is disposed at the end of a `using` block', () => {
    {
      using deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
      expect(deadline.signal.aborted).toBe(false);
      expect(clock.timerCount).toBe(1);
      expect(listeners(parent.signal)).toBe(1);
    }
    expectNothingLeft();
  });

  it.each([Number.POSITIVE_INFINITY, MAX_DELAY_MS + 1, Number.MAX_SAFE_INTEGER])(
    'of %d ms waits as long as a timer can instead of ending at once',
    async (timeoutMs) => {
      const deadline = new Deadline({ clock, timeoutMs, what });
      await clock.advance(MAX_DELAY_MS - 1);
      expect(deadline.signal.aborted).toBe(false);
      await clock.advance(1);
      expect(deadline.signal.aborted).toBe(true);
    },
  );

  it('of NaN ms is refused and leaves no listener on the parent', () => {
    expect(() => new Deadline({ clock, parent: parent.signal, timeoutMs: Number.NaN, what })).toThrow(
      RangeError,
    );
    expectNothingLeft();
  });

  it('hands `ref` to its timer', () => {
    const setTimer = jest.spyOn<Clock, 'setTimer'>(clock, 'setTimer');
    new Deadline({ clock, timeoutMs: 1, what, ref: true });
    new Deadline({ clock, timeoutMs: 1, what });
    expect(setTimer.mock.calls.map(([, , options]) => options?.ref ?? false)).toEqual([true, false]);
  });

  it('has a signal that any number may listen to without a warning from Node', () => {
    const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what });
    for (let i = 0; i < 100; i++) deadline.signal.addEventListener('abort', () => undefined);
    expect(wasWarnedOf(deadline.signal)).toBe(false);
    deadline.dispose();
  });

  it('takes a thousand at once under one parent with a single listener on it, and aborts them all', () => {
    const deadlines = Array.from(
      { length: 1_000 },
      () => new Deadline({ clock, parent: parent.signal, timeoutMs: 100, what }),
    );
    expect(listeners(parent.signal)).toBe(1);
    const reason = new Error('all of you');
    parent.abort(reason);
    expect(deadlines.every(({ signal }) => signal.reason === reason)).toBe(true);
    expectNothingLeft();
  });

  it('leaves nothing behind under a parent that outlives 100,000 of them', () => {
    const churn = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const deadline = new Deadline({ clock, parent: parent.signal, timeoutMs: 60_000, what });
        if (i % 10 === 0) deadline.abort(new Error('early'));
        else deadline.dispose();
      }
    };
    churn(1_000);
    const before = heapUsed();
    churn(100_000);
    const grownBytes = heapUsed() - before;
    expectNothingLeft();
    // 100,000 listeners would weigh more than 10 MB.
    expect(grownBytes).toBeLessThan(4_000_000);
  });

  it('leaves nothing behind either when they overlap and end in any order', async () => {
    const running: Deadline[] = [];
    for (let i = 0; i < 20_000; i++) {
      running.push(new Deadline({ clock, parent: parent.signal, timeoutMs: 60_000, what }));
      if (running.length > 16) running.splice(i % 16, 1)[0]?.dispose();
    }
    expect(listeners(parent.signal)).toBe(1);
    await clock.advance(60_000);
    expect(running.every(({ signal }) => signal.aborted)).toBe(true);
    expectNothingLeft();
  });
});

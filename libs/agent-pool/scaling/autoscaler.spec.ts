import { ManualClock } from '#core';
import { Autoscaler } from './autoscaler.js';
import type { ScalingDecision, ScalingFigures } from './desired-size.js';

const SHRINK_AFTER_MS = 1_000;

function makeAutoscaler(given: Partial<ScalingFigures>, size = { min: 1, max: 10 }) {
  const clock = new ManualClock();
  const setTimer = jest.spyOn<ManualClock, 'setTimer'>(clock, 'setTimer');
  const figures: ScalingFigures = { busy: 0, waiting: 0, size: 1, failing: 0, anyUsable: true, ...given };
  const read = jest.fn(() => ({ ...figures }));
  const decisions: ScalingDecision[] = [];
  const autoscaler = new Autoscaler({
    clock,
    size,
    slotsPerAgent: 1,
    shrinkAfterMs: SHRINK_AFTER_MS,
    figures: read,
    apply: (decision) => {
      decisions.push(decision);
      figures.size = decision.to;
    },
  });
  return { autoscaler, clock, setTimer, figures, read, decisions };
}

describe('Autoscaler', () => {
  it('does nothing before it runs, and while it is paused', async () => {
    const { autoscaler, clock, figures, decisions } = makeAutoscaler({ waiting: 5 });
    autoscaler.waits();
    autoscaler.agentsChanged();
    await Promise.resolve();
    expect(decisions).toEqual([]);

    autoscaler.resume();
    expect(decisions).toEqual([{ from: 1, to: 5, reasons: ['waiting'] }]);
    figures.waiting = 0;
    autoscaler.fell(5, 0, 0);
    expect(clock.timerCount).toBe(1);
    autoscaler.pause();
    expect(clock.timerCount).toBe(0);
    autoscaler.fell(5, 0, 0);
    expect(clock.timerCount).toBe(0);
  });

  it('looks at the pool once for all that happens in one go', async () => {
    const { autoscaler, figures, read, decisions } = makeAutoscaler({});
    autoscaler.resume();
    read.mockClear();
    for (let lease = 0; lease < 1_000; lease++) {
      figures.waiting++;
      autoscaler.waits();
    }
    expect(read).not.toHaveBeenCalled();
    await Promise.resolve();

    expect(decisions).toMatchObject([{ from: 1, to: 10 }]);
    expect(read).toHaveBeenCalledTimes(2); // before and after
    autoscaler.waits();
    autoscaler.rose(1_001);
    await Promise.resolve();
    expect(read).toHaveBeenCalledTimes(2); // there is nothing to decide at the maximum
  });

  it('does not look at a pool whose load stays within its target', async () => {
    const { autoscaler, read } = makeAutoscaler({ size: 4 });
    autoscaler.resume();
    read.mockClear();
    for (const load of [1, 2, 3, 4]) autoscaler.rose(load);
    await Promise.resolve();
    expect(read).not.toHaveBeenCalled();

    autoscaler.rose(5);
    await Promise.resolve();
    expect(read).toHaveBeenCalled();
  });

  it('sets no timer for a load that comes and goes faster than it shrinks', () => {
    const { autoscaler, figures, setTimer } = makeAutoscaler({ size: 10 });
    autoscaler.resume();
    setTimer.mockClear();
    for (let round = 0; round < 1_000; round++) {
      figures.busy = round % 10;
      autoscaler.rose(round % 10);
      autoscaler.fell(round % 10, 0, 0);
    }
    expect(setTimer).not.toHaveBeenCalled();
  });

  it('does not spin where agents fail that it cannot do without', async () => {
    // Two are needed, one works, and there may be no more.
    const few = { size: 3, failing: 2, busy: 1, waiting: 1 };
    const { autoscaler, clock, setTimer, decisions } = makeAutoscaler(few, { min: 1, max: 3 });
    autoscaler.resume();
    await clock.advance(SHRINK_AFTER_MS * 5);

    expect(setTimer).toHaveBeenCalledTimes(6);
    expect(decisions).toEqual([]);
  });
});

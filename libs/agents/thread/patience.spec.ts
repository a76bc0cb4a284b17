import { ManualClock } from '#core';
import { BLOCKED_AFTER_MS, Patience } from './patience.js';

describe('Patience', () => {
  const setUp = (abortGraceMs: number, listen: (patience: Patience) => void = () => undefined) => {
    const clock = new ManualClock();
    const end = jest.fn();
    const patience: Patience = new Patience({ clock, abortGraceMs, listen: () => listen(patience), end });
    return { clock, end, patience };
  };

  it('with a blocked thread is short', async () => {
    const { clock, end, patience } = setUp(1_000);
    patience.aborted();
    await clock.advance(BLOCKED_AFTER_MS - 1);
    expect(end).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('with one that takes note is the grace', async () => {
    const { clock, end, patience } = setUp(1_000);
    patience.aborted();
    await clock.advance(50);
    patience.aborting();
    await clock.advance(999);
    expect(end).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('is never longer than the grace', async () => {
    const { clock, end, patience } = setUp(10);
    patience.aborted();
    await clock.advance(10);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('hears first what the thread has said, for this process may have been blocked itself', async () => {
    let said = false;
    const { clock, end, patience } = setUp(1_000, (listening) => {
      if (!said) listening.aborting();
      said = true;
    });
    patience.aborted();
    await clock.advance(BLOCKED_AFTER_MS);
    expect(end).not.toHaveBeenCalled();
    await clock.advance(1_000);
    expect(end).toHaveBeenCalledTimes(1);
  });

  it('ends with the task, and leaves no timer', async () => {
    const { clock, end, patience } = setUp(1_000);
    patience.aborted();
    patience.aborting();
    patience.cancel();
    expect(clock.timerCount).toBe(0);
    await clock.advance(10_000);
    expect(end).not.toHaveBeenCalled();
  });
});

import { ManualClock } from '#core';
import { UTILIZATION_WINDOW_MS, UtilizationWindow } from './utilization-window.js';

describe('UtilizationWindow', () => {
  const clock = new ManualClock();
  let idle = 0;
  let active = 0;
  const window = new UtilizationWindow(() => ({ idle, active, utilization: 0 }), clock);

  const pass = async (idleMs: number, activeMs: number): Promise<void> => {
    idle += idleMs;
    active += activeMs;
    await clock.advance(idleMs + activeMs);
  };

  it('counts from the start while there is no more to look back on', async () => {
    await pass(0, 1_000);
    expect(window.utilization).toBe(1);
    await pass(1_000, 0);
    expect(window.utilization).toBe(0.5);
  });

  it('forgets what is older than two windows, however often it is asked', async () => {
    for (let seconds = 0; seconds < 10; seconds++) {
      await pass(1_000, 0);
      expect(window.utilization).toBeLessThan(0.5);
    }
    await pass(UTILIZATION_WINDOW_MS, 0);
    expect(window.utilization).toBe(0);
  });

  it('is never below nothing, though the idle time may be a little longer than the time', async () => {
    const odd = new UtilizationWindow(() => ({ idle, active, utilization: 0 }), clock);
    await pass(1_000, -0.001);
    expect(odd.utilization).toBe(0);
    await pass(-0.002, 1_000);
    await clock.advance(UTILIZATION_WINDOW_MS);
    expect(odd.utilization).toBeLessThanOrEqual(1);
  });

  it('goes back to the mark before an idle time, and is of its own time again after the next', async () => {
    await pass(0, 60_000);
    expect(window.utilization).toBeGreaterThan(0.8);
    await pass(UTILIZATION_WINDOW_MS, 0);
    window.mark();
    await pass(UTILIZATION_WINDOW_MS, 0);
    expect(window.utilization).toBe(0);
  });
});

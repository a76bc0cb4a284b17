import fc from 'fast-check';
import { OutcomeWindow } from './outcome-window.js';

const WINDOW_MS = 1_000;
const BUCKET_MS = 100;

describe('OutcomeWindow', () => {
  it('counts what is in the window, and forgets it bucket by bucket', () => {
    const window = new OutcomeWindow(WINDOW_MS);
    window.add(true, 50);
    window.add(false, 150);
    window.moveTo(1_049);
    expect([window.total, window.failures]).toEqual([1, 0]);
    window.moveTo(1_100);
    expect([window.total, window.failures]).toEqual([0, 0]);
  });

  it('is empty when it was cleared, and counts again', () => {
    const window = new OutcomeWindow(WINDOW_MS);
    window.add(true, 0);
    window.clear();
    window.add(false, 950);
    expect([window.total, window.failures]).toEqual([1, 0]);
    window.moveTo(1_899);
    expect(window.total).toBe(1);
    window.moveTo(1_900);
    expect(window.total).toBe(0);
  });

  it('holds at any time exactly what was added in its latest ten buckets', () => {
    const step = fc.record({ afterMs: fc.nat({ max: 700 }), failed: fc.boolean() });
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), fc.array(step), (startMs, steps) => {
        const window = new OutcomeWindow(WINDOW_MS);
        const added: { bucket: number; failed: boolean }[] = [];
        let nowMs = startMs;
        for (const { afterMs, failed } of steps) {
          nowMs += afterMs;
          window.add(failed, nowMs);
          const bucket = Math.floor(nowMs / BUCKET_MS);
          added.push({ bucket, failed });
          const inside = added.filter((each) => each.bucket > bucket - 10);
          expect(window.total).toBe(inside.length);
          expect(window.failures).toBe(inside.filter((each) => each.failed).length);
        }
      }),
    );
  });
});

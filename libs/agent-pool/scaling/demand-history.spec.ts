import fc from 'fast-check';
import { DemandHistory } from './demand-history.js';

describe('DemandHistory', () => {
  it('knows nothing at first', () => {
    const history = new DemandHistory();

    expect(history.maximumSince(-1_000)).toBe(0);
    expect(history.lastAbove(0)).toBe(-Infinity);
  });

  it('takes more than a pool may have for the most it may have', () => {
    const history = new DemandHistory();
    history.record(100_000, 5);

    expect(history.maximumSince(4)).toBe(1_000);
    expect(history.lastAbove(999)).toBe(5);
    expect(history.lastAbove(1_000)).toBe(-Infinity);
  });

  it('finds the same maximum as a look at everything that was', () => {
    const moves = fc.array(fc.tuple(fc.nat(8), fc.nat(3)), { maxLength: 40 });
    fc.assert(
      fc.property(moves, fc.nat(60), fc.nat(8), (all, since, level) => {
        const history = new DemandHistory();
        let nowMs = 0;
        const seen: { agents: number; atMs: number }[] = [];
        for (const [agents, laterMs] of all) {
          nowMs += laterMs;
          history.record(agents, nowMs);
          seen.push({ agents, atMs: nowMs });
        }
        const recent = seen.filter(({ atMs }) => atMs > since).map(({ agents }) => agents);
        expect(history.maximumSince(since)).toBe(Math.max(0, ...recent));
        const above = seen.filter(({ agents }) => agents > level).map(({ atMs }) => atMs);
        expect(history.lastAbove(level)).toBe(Math.max(-Infinity, ...above));
      }),
    );
  });
});

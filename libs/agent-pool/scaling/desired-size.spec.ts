import fc from 'fast-check';
import {
  agentsFor,
  decideGrowth,
  decideShrinking,
  workingAgents,
  type ScalingFigures,
} from './desired-size.js';

const figures = (given: Partial<ScalingFigures>): ScalingFigures => ({
  busy: 0,
  waiting: 0,
  size: 1,
  failing: 0,
  anyUsable: true,
  ...given,
});

describe('agentsFor', () => {
  it.each([
    [0, 1, 0],
    [1, 1, 1],
    [4, 0.8, 5],
    [5, 0.8, 7],
    [8, 8, 1],
    [9, 8, 2],
    // 3 * 1.1 is 3.3000000000000003 in binary, and the quotient of the next pair more than 3.
    [2.1, 0.7, 3],
    [33, 3 * 1.1, 10],
  ])('needs for a load of %d at %d slots each %d', (load, slotsPerAgent, agents) => {
    expect(agentsFor(load, slotsPerAgent)).toBe(agents);
  });

  it('finds the fewest agents that keep the load at the target', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 100 }), (load, percent) => {
        const agents = agentsFor(load, percent / 100);
        expect(agents * percent).toBeGreaterThanOrEqual(load * 100);
        expect((agents - 1) * percent).toBeLessThan(load * 100);
      }),
    );
  });
});

describe('decideGrowth', () => {
  it('adds all that is missing at once, as far as the bounds allow', () => {
    const burst = figures({ size: 2, busy: 2, waiting: 6 });

    expect(decideGrowth(burst, 1, { min: 1, max: 20 })).toEqual({ from: 2, to: 8, reasons: ['waiting'] });
    expect(decideGrowth(burst, 1, { min: 1, max: 5 })).toEqual({ from: 2, to: 5, reasons: ['waiting'] });
  });

  it('adds before anybody waits when more is taken than shall be', () => {
    const busy = figures({ size: 4, busy: 4 });

    expect(decideGrowth(busy, 0.8, { min: 1, max: 20 })).toEqual({
      from: 4,
      to: 5,
      reasons: ['utilization'],
    });
    expect(decideGrowth(busy, 1, { min: 1, max: 20 })).toBeUndefined();
  });

  it('makes up for agents that fail as long as another works', () => {
    const lame = figures({ size: 3, failing: 2, busy: 1, waiting: 1 });

    expect(decideGrowth(lame, 1, { min: 1, max: 20 })).toEqual({
      from: 3,
      to: 4,
      reasons: ['waiting', 'failing'],
    });
  });

  it('does not try more often what cannot be made at all', () => {
    const broken = figures({ size: 3, failing: 3, anyUsable: false, waiting: 3 });

    expect(decideGrowth(broken, 1, { min: 1, max: 20 })).toBeUndefined();
    expect(decideGrowth({ ...broken, waiting: 4 }, 1, { min: 1, max: 20 })).toMatchObject({ to: 4 });
  });
});

describe('decideShrinking', () => {
  it('leaves what was needed, and never less than the minimum', () => {
    expect(decideShrinking(figures({ size: 9 }), 4, { min: 2, max: 10 })).toEqual({
      from: 9,
      to: 4,
      reasons: ['surplus'],
    });
    expect(decideShrinking(figures({ size: 9 }), 0, { min: 2, max: 10 })).toMatchObject({ to: 2 });
    expect(decideShrinking(figures({ size: 9 }), 9, { min: 2, max: 10 })).toBeUndefined();
    expect(decideShrinking(figures({ size: 2 }), 0, { min: 2, max: 10 })).toBeUndefined();
  });

  it('gives up agents that fail only when the others are enough', () => {
    const lame = figures({ size: 6, failing: 3 });

    expect(decideShrinking(lame, 3, { min: 1, max: 10 })).toMatchObject({ to: 3 });
    expect(decideShrinking(lame, 4, { min: 1, max: 10 })).toBeUndefined();
  });
});

it('never undoes with one decision what another has just done', () => {
  const pools = fc
    .record({
      size: fc.integer({ min: 1, max: 30 }),
      lame: fc.nat(30),
      load: fc.nat(60),
      slots: fc.constantFrom(0.5, 0.8, 1, 2.4),
      min: fc.integer({ min: 1, max: 10 }),
      room: fc.nat(20),
    })
    .map((pool) => ({ ...pool, size: Math.min(Math.max(pool.size, pool.min), pool.min + pool.room) }));
  fc.assert(
    fc.property(pools, ({ size, lame, load, slots, min, room }) => {
      const bounds = { min, max: min + room };
      const failing = Math.min(lame, size);
      const before = figures({ size, failing, anyUsable: failing < size, busy: load });

      const growth = decideGrowth(before, slots, bounds);
      if (growth !== undefined) {
        expect(growth.to).toBeGreaterThan(size);
        expect(growth.to).toBeLessThanOrEqual(bounds.max);
        const after = { ...before, size: growth.to };
        expect(decideGrowth(after, slots, bounds)).toBeUndefined();
        // At most those who fail go when those who make up for them are there.
        const later = decideShrinking(after, agentsFor(load, slots), bounds) ?? after;
        expect('to' in later ? growth.to - later.to : 0).toBeLessThanOrEqual(failing);
      }

      const shrinking = decideShrinking(before, agentsFor(load, slots), bounds);
      if (shrinking !== undefined) {
        expect(shrinking.to).toBeLessThan(size);
        expect(shrinking.to).toBeGreaterThanOrEqual(bounds.min);
        // Those who fail go first.
        const left = Math.max(0, failing - (size - shrinking.to));
        const after = { ...before, size: shrinking.to, failing: left, anyUsable: left < shrinking.to };
        expect(workingAgents(after)).toBeGreaterThanOrEqual(agentsFor(load, slots));
        expect(decideGrowth(after, slots, bounds)).toBeUndefined();
        expect(decideShrinking(after, agentsFor(load, slots), bounds)).toBeUndefined();
      }
    }),
  );
});

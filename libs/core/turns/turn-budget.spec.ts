import { TURN_BUDGET_MS, turnOver } from './turn-budget.js';

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function work(ms: number): void {
  const endsAt = performance.now() + ms;
  while (performance.now() < endsAt);
}

describe('turnOver', () => {
  let turns = 0;
  let counting: NodeJS.Immediate;

  beforeEach(async () => {
    // The turn of whatever was tested before is over.
    await nextTurn();
    await nextTurn();
    turns = 0;
    const count = (): void => {
      turns++;
      counting = setImmediate(count);
    };
    counting = setImmediate(count);
  });

  afterEach(() => clearImmediate(counting));

  it('lets work go on until the time of the turn is used up', async () => {
    expect(turnOver()).toBeUndefined();
    expect(turnOver()).toBeUndefined();
    work(TURN_BUDGET_MS);
    const pause = turnOver();
    expect(pause).toBeInstanceOf(Promise);
    const before = turns;
    await pause;
    expect(turns).toBeGreaterThanOrEqual(before);
    expect(turnOver()).toBeUndefined();
  });

  it('begins anew with each turn, whoever asked in the one before', async () => {
    void turnOver();
    work(TURN_BUDGET_MS);
    await nextTurn();
    await nextTurn();
    expect(turnOver()).toBeUndefined();
  });

  it('gives long work of many a turn each, first come first served', async () => {
    void turnOver();
    work(TURN_BUDGET_MS);
    const seen: [who: number, turn: number][] = [];
    const one = async (who: number): Promise<void> => {
      await turnOver();
      seen.push([who, turns]);
      // What follows at once is of the same turn, and counts.
      await Promise.resolve();
      work(TURN_BUDGET_MS);
    };
    await Promise.all([1, 2, 3, 4].map(one));
    expect(seen.map(([who]) => who)).toEqual([1, 2, 3, 4]);
    expect(new Set(seen.map(([, turn]) => turn)).size).toBe(4);
  });

  it('lets many with little work share a turn', async () => {
    void turnOver();
    work(TURN_BUDGET_MS);
    const before = turns;
    await Promise.all(Array.from({ length: 500 }, async () => turnOver()));
    expect(turns - before).toBeLessThan(50);
  });
});

import { formatReport, isWithin } from '../bench/harness/report.mjs';
import { interleave, keepInFlight, ratios } from '../bench/harness/rounds.mjs';
import { median, percentile, slope } from '../bench/harness/statistics.mjs';
import { formatNumber, formatTable } from '../bench/harness/table.mjs';

/** The maths of the benchmarks; `npm run bench -- --quick` runs the benchmarks themselves. */
describe('bench', () => {
  describe('statistics', () => {
    it('knows the middle', () => {
      expect(median([9, 1, 10])).toBe(9);
      expect(median([4, 1, 10, 2])).toBe(3);
      expect(median([])).toBeNaN();
    });

    it('knows percentiles by nearest rank', () => {
      const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
      expect(percentile(hundred, 0.5)).toBe(50);
      expect(percentile(hundred, 0.95)).toBe(95);
      expect(percentile(hundred, 1)).toBe(100);
      expect(percentile([7, 8], 0)).toBe(7);
      expect(percentile([], 0.5)).toBeNaN();
    });

    it('knows how steep a line is', () => {
      expect(slope([1, 2, 3], [5, 7, 9])).toBe(2);
      expect(slope([1, 2, 3], [4, 4, 4])).toBe(0);
      expect(slope([0, 1, 2, 3], [0, 3, 0, 3])).toBeCloseTo(0.6);
    });
  });

  describe('the table', () => {
    it('has columns of one width, numbers to the right', () => {
      const rows = [
        ['9 steps', '1,234', '≥ 5.00'],
        ['one', '0.512', ''],
      ];
      expect(formatTable(['what', 'median', 'limit'], rows)).toEqual([
        '| what    | median |  limit |',
        '| ------- | -----: | -----: |',
        '| 9 steps |  1,234 | ≥ 5.00 |',
        '| one     |  0.512 |        |',
      ]);
    });

    it.each([
      [31_204.4, '31,204'],
      [48.31, '48.3'],
      [4.831, '4.83'],
      [0.51249, '0.512'],
      [-12.34, '-12.3'],
      [0, '0'],
      [12, '12'],
      [0.000_512_49, '0.000512'],
      [199.6, '200'],
      [Number.NaN, '-'],
    ])('writes %d as %s', (value, text) => {
      expect(formatNumber(value)).toBe(text);
    });
  });

  describe('the report', () => {
    const row = { what: 'x', unit: '/s', values: [10, 30, 20] };

    it.each([
      [{ atLeast: 20 }, true],
      [{ atLeast: 20.1 }, false],
      [{ atMost: 20 }, true],
      [{ atMost: 19.9 }, false],
      [{}, undefined],
    ])('holds the median against %j: %s', (limit, kept) => {
      expect(isWithin({ ...row, ...limit })).toBe(kept);
    });

    it('takes what was not measured for missed', () => {
      expect(isWithin({ ...row, values: [], atLeast: 0 })).toBe(false);
      expect(isWithin({ ...row, values: [Number.NaN], atMost: 1 })).toBe(false);
    });

    it('shows the limit, and whether it is kept', () => {
      const rows = [{ ...row, atLeast: 15 }, { ...row, atMost: 15 }, row, { ...row, values: [1] }];
      expect(formatReport(rows, { limits: true })).toEqual([
        '| what | median | unit | min..max | limit | kept   |',
        '| ---- | -----: | ---- | -------: | ----: | ------ |',
        '| x    |     20 | /s   |   10..30 |  ≥ 15 | yes    |',
        '| x    |     20 | /s   |   10..30 |  ≤ 15 | MISSED |',
        '| x    |     20 | /s   |   10..30 |       |        |',
        '| x    |      1 | /s   |          |       |        |',
      ]);
    });

    it('shows neither in a quick run', () => {
      expect(formatReport([{ ...row, atMost: 15 }], { limits: false })).toEqual([
        '| what | median | unit | min..max |',
        '| ---- | -----: | ---- | -------: |',
        '| x    |     20 | /s   |   10..30 |',
      ]);
    });
  });

  describe('rounds', () => {
    it('are taken in turn, begun by each once, without those of the warm-up', async () => {
      const order: string[] = [];
      const contestant = (name: string) => ({
        round: async (ms: number) => `${name} ${ms} ms, ${order.push(name)}`,
      });
      const plan = { rounds: 2, warmUpRounds: 1, roundMs: 5 };
      const results = await interleave({ a: contestant('a'), b: contestant('b') }, plan);
      expect(order.join('')).toBe('baabba');
      expect(results).toEqual({ a: ['a 5 ms, 3', 'a 5 ms, 6'], b: ['b 5 ms, 4', 'b 5 ms, 5'] });
    });

    it('are compared one by one', () => {
      expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
    });

    it('keep so many under way, and wait for the last', async () => {
      let running = 0;
      let most = 0;
      const done = await keepInFlight(3, 5, async () => {
        most = Math.max(most, ++running);
        await new Promise(setImmediate);
        running--;
      });
      expect({ most, running }).toEqual({ most: 3, running: 0 });
      expect(done).toBeGreaterThanOrEqual(3);
    });
  });
});

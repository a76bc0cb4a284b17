import fc from 'fast-check';
import { DEFAULT_RETRY_POLICY } from '#core';
import { DelayedHeap } from './delayed-heap.js';
import { JobEntry } from './job-entry.js';
import { PriorityLists } from './priority-lists.js';

function makeEntry(id: string, priority = 5): JobEntry {
  return new JobEntry({ id, data: '1', priority, attempts: 1, backoff: DEFAULT_RETRY_POLICY }, '');
}

/** Counts how often `field` of any of the entries is read: what a structure walks over, it reads. */
function countReads(entries: readonly JobEntry[], field: 'next' | 'at'): () => number {
  let reads = 0;
  for (const entry of entries) {
    let value: unknown = entry[field];
    Object.defineProperty(entry, field, {
      get: () => {
        reads++;
        return value;
      },
      set: (next: unknown) => (value = next),
    });
  }
  return () => reads;
}

describe('PriorityLists', () => {
  it('does the same work for a job however many others wait', () => {
    const readsPerJob = [1_000, 20_000].map((count) => {
      const entries = Array.from({ length: count }, (_, n) => makeEntry(String(n), n % 11));
      const reads = countReads(entries, 'next');
      const lists = new PriorityLists();
      for (const entry of entries) lists.push(entry);
      for (const entry of entries) if (Number(entry.id) % 3 === 1) lists.remove(entry);
      const taken: JobEntry[] = [];
      for (let entry = lists.take(); entry !== undefined; entry = lists.take()) taken.push(entry);
      for (const entry of taken.reverse()) lists.putBack(entry);
      return reads() / count;
    });

    expect(readsPerJob[1]).toBeCloseTo(readsPerJob[0] ?? 0, 1);
    expect(readsPerJob[0]).toBeLessThan(4);
  });

  it('behaves as a sorted array would', () => {
    type Change = { push: number } | { remove: number } | { take: true } | { putBack: true };
    const change: fc.Arbitrary<Change> = fc.oneof(
      { weight: 3, arbitrary: fc.record({ push: fc.integer({ min: 3, max: 5 }) }) },
      fc.record({ remove: fc.nat() }),
      fc.constant<Change>({ take: true }),
      fc.constant<Change>({ putBack: true }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200, size: 'max' }), (changes) => {
        const lists = new PriorityLists();
        const model: { entry: JobEntry; arrival: number }[] = [];
        const taken: typeof model = [];
        const sort = () => model.sort((a, b) => b.entry.priority - a.entry.priority || a.arrival - b.arrival);
        for (const [arrival, action] of changes.entries()) {
          if ('push' in action) {
            const entry = makeEntry(String(arrival), action.push);
            lists.push(entry);
            model.push({ entry, arrival });
          } else if ('remove' in action) {
            const [removed] = model.splice(action.remove % Math.max(1, model.length), 1);
            if (removed !== undefined) lists.remove(removed.entry);
          } else if ('take' in action) {
            const first = model.shift();
            expect(lists.take()?.id).toBe(first?.entry.id);
            if (first !== undefined) taken.push(first);
          } else {
            const back = taken.shift();
            if (back !== undefined) {
              lists.putBack(back.entry);
              model.push(back);
            }
          }
          sort();
          expect(lists.size).toBe(model.length);
        }
        expect(Array.from(lists, ({ id }) => id)).toEqual(model.map(({ entry }) => entry.id));
      }),
    );
  });
});

describe('DelayedHeap', () => {
  it('gives entries by their times, then by their marks, whichever were removed between', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.nat(20), drop: fc.boolean() }), { maxLength: 200, size: 'max' }),
        (plan) => {
          const heap = new DelayedHeap();
          const entries = plan.map(({ at }, mark) => Object.assign(makeEntry(String(mark)), { at, mark }));
          for (const entry of entries) heap.push(entry);
          const kept = entries.filter((_, index) => plan[index]?.drop === false);
          for (const entry of entries) if (!kept.includes(entry)) heap.remove(entry);

          const order: JobEntry[] = [];
          for (let first = heap.first; first !== undefined; first = heap.first) {
            order.push(first);
            heap.remove(first);
          }

          expect(order.map(({ id }) => id)).toEqual(
            kept.sort((a, b) => a.at - b.at || a.mark - b.mark).map(({ id }) => id),
          );
        },
      ),
    );
  });

  it('does logarithmic work for a job', () => {
    const count = 4_096;
    const entries = Array.from({ length: count }, (_, n) =>
      Object.assign(makeEntry(String(n)), { at: (n * 7_919) % count }),
    );
    const reads = countReads(entries, 'at');
    const heap = new DelayedHeap();
    for (const entry of entries) heap.push(entry);
    for (const entry of entries) heap.remove(entry);

    // Up once and down once: at most 12 levels of 2 comparisons of 2 to 4 reads each.
    expect(reads() / count).toBeLessThan(2 * 12 * 2 * 4);
  });
});

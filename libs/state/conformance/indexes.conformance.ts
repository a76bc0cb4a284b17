import fc from 'fast-check';
import { ValidationError } from '#core';
import { members, refused } from './helpers.js';
import type { StoreContext } from './store-under-test.js';

type Move = [member: string, score: number | null];

export function describeIndexes(context: StoreContext): void {
  const place = (...moves: Move[]): Promise<void> =>
    context.store.commit({ index: moves.map(([member, score]) => ({ index: 'i', member, score })) });

  it('lists by score, the highest first unless asked otherwise', async () => {
    const { store } = context;
    await place(['b', 2], ['a', -1.5], ['d', 1e15], ['c', 2.25]);
    expect((await store.list('i')).items).toEqual([
      { member: 'd', score: 1e15 },
      { member: 'c', score: 2.25 },
      { member: 'b', score: 2 },
      { member: 'a', score: -1.5 },
    ]);
    expect(await members(store, 'i', 'asc')).toEqual(['a', 'b', 'c', 'd']);
    expect(await store.count('i')).toBe(4);
  });

  it('breaks ties by member in code-unit order, in both directions', async () => {
    const names = ['Z', 'a', 'ab', 'é', '日本', '\u{1F600}', '\uFFFD', '10', '9'];
    await place(...names.map((name): Move => [name, 7]));
    const sorted = [...names].sort();
    expect(await members(context.store, 'i', 'asc', 2)).toEqual(sorted);
    expect(await members(context.store, 'i', 'desc', 2)).toEqual(sorted.reverse());
  });

  it('keeps the exact score, whatever its size', async () => {
    const scores = [
      Number.MAX_VALUE,
      -Number.MAX_VALUE,
      Number.MIN_VALUE,
      Number.MAX_SAFE_INTEGER,
      0.1 + 0.2,
      1_763_900_000_123,
    ];
    await place(...scores.map((score, at): Move => [`m${at}`, score]));
    const { items } = await context.store.list('i', { order: 'asc' });
    expect(items.map(({ score }) => score)).toEqual([...scores].sort((a, b) => a - b));
  });

  it('takes -0 for 0', async () => {
    await place(['b', -0], ['a', 0], ['c', 0]);
    const { items } = await context.store.list('i', { order: 'asc' });
    expect(items).toEqual(['a', 'b', 'c'].map((member) => ({ member, score: 0 })));
  });

  it('moves a member that is placed again, so it is there once', async () => {
    await place(['a', 1], ['b', 2]);
    await place(['a', 3]);
    expect(await members(context.store, 'i', 'asc')).toEqual(['b', 'a']);
    expect(await context.store.count('i')).toBe(2);
  });

  it('takes a member out, and does not mind one that is not there', async () => {
    await place(['a', 1], ['b', 2]);
    await place(['a', null], ['nobody', null]);
    expect(await members(context.store, 'i', 'asc')).toEqual(['b']);
    await place(['b', null]);
    expect(await context.store.count('i')).toBe(0);
    await place(['a', 5]);
    expect((await context.store.list('i')).items).toEqual([{ member: 'a', score: 5 }]);
  });

  it('keeps indexes apart', async () => {
    const { store } = context;
    await store.commit({
      index: [
        { index: 'one', member: 'm', score: 1 },
        { index: 'two', member: 'm', score: 2 },
      ],
    });
    await store.commit({ index: [{ index: 'one', member: 'm', score: null }] });
    expect([await store.count('one'), await store.count('two')]).toEqual([0, 1]);
  });

  it.each(['asc', 'desc'] as const)(
    'pages %s through 1,200 members, each once, in pages of any size',
    async (order) => {
      const all = Array.from({ length: 1_200 }, (_, at): Move => [
        `m${String(at).padStart(4, '0')}`,
        Math.floor(at / 7),
      ]);
      // Not in the order of their scores.
      await place(...[...all].sort(([a], [b]) => (a.at(-1) ?? '').localeCompare(b.at(-1) ?? '')));
      const names = all.map(([member]) => member);
      if (order === 'desc') names.reverse();
      for (const limit of [7, 400, 500])
        expect(await members(context.store, 'i', order, limit)).toEqual(names);
      expect((await context.store.list('i', { order })).items).toHaveLength(50);
    },
  );

  it('has no cursor on a page that ends with the last member', async () => {
    await place(['a', 1], ['b', 2]);
    expect((await context.store.list('i', { limit: 2 })).nextCursor).toBeNull();
    expect((await context.store.list('i', { limit: 1 })).nextCursor).not.toBeNull();
  });

  it.each(['asc', 'desc'] as const)('pages %s stably while others come and go', async (order) => {
    const { store } = context;
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    await place(...names.map((name, at): Move => [name, at * 10]));
    if (order === 'desc') names.reverse();
    const first = await store.list('i', { order, limit: 2 });
    expect(first.items.map(({ member }) => member)).toEqual(names.slice(0, 2));
    // Gone: the member the cursor stands on, one shown before, the one that comes next. New: one before and one behind.
    const [shown = '', last = '', next = ''] = names;
    await place(
      [last, null],
      [shown, null],
      [next, null],
      ['before', order === 'asc' ? -5 : 55],
      ['behind', 25],
    );
    const cursor = first.nextCursor ?? undefined;
    const rest = await store.list('i', { order, limit: 10, cursor });
    expect(rest.items.map(({ member }) => member)).toEqual(
      order === 'asc' ? ['behind', 'd', 'e', 'f'] : ['behind', 'c', 'b', 'a'].filter((name) => name !== next),
    );
    expect(rest.nextCursor).toBeNull();
  });

  it('refuses every cursor that it did not issue', async () => {
    const { store } = context;
    await place(['a', 1], ['b', 2], ['c', 3]);
    const issued = (await store.list('i', { limit: 1 })).nextCursor ?? '';
    const forged = [
      '',
      ' ',
      'x',
      '0',
      'null',
      '{}',
      'YQ',
      '../..',
      '\0',
      '\uD800',
      `${issued}x`,
      `${issued}=`,
      ` ${issued}`,
    ];
    for (const cursor of forged) await refused(store.list('i', { cursor }), 'INVALID_CURSOR');
    await refused(store.list('unknown index', { cursor: 'forged' }), 'INVALID_CURSOR');
    expect((await store.list('i', { cursor: issued })).items).toHaveLength(2);
  });

  it('issues good cursors for odd members', async () => {
    const odd = [
      'a:b',
      ':',
      '{}',
      '*',
      '../',
      '\r\n',
      '__proto__',
      '\u{1F600}',
      '日本',
      'x'.repeat(1_024),
      '😀'.repeat(512),
    ];
    await place(...odd.map((member, at): Move => [member, -at / 3]));
    expect(await members(context.store, 'i', 'desc', 1)).toEqual(odd);
  });

  it.each([0, -1, 501, 1.5, NaN, Infinity])('refuses a limit of %p', async (limit) => {
    await expect(context.store.list('i', { limit })).rejects.toBeInstanceOf(ValidationError);
  });

  it('agrees with a sorted list after any sequence of moves', async () => {
    const names = ['a', 'b', 'c', 'dd', 'e:', '\u{1F600}', '__proto__', 'constructor'];
    const move = fc.tuple(fc.constantFrom(...names), fc.option(fc.integer({ min: -3, max: 3 }), { freq: 3 }));
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(move, { maxLength: 6 }), { maxLength: 8 }), async (commits) => {
        const index = `run-${run++}`;
        const model = new Map<string, number>();
        for (const moves of commits) {
          await context.store.commit({ index: moves.map(([member, score]) => ({ index, member, score })) });
          for (const [member, score] of moves) {
            if (score === null) model.delete(member);
            else model.set(member, score);
          }
        }
        const expected = [...model]
          .map(([member, score]) => ({ member, score }))
          .sort((a, b) => a.score - b.score || (a.member < b.member ? -1 : 1));
        expect((await context.store.list(index, { order: 'asc' })).items).toEqual(expected);
        expect(await context.store.count(index)).toBe(expected.length);
      }),
      { numRuns: 50 },
    );
  });
}

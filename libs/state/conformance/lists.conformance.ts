import { ValidationError } from '#core';
import type { Entry } from '../ports/state-store.js';
import { refused } from './helpers.js';
import { LIMITS, type StoreContext } from './store-under-test.js';

const valuesOf = (entries: readonly Entry[]): unknown[] => entries.map(({ value }) => value);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

export function describeLists(context: StoreContext): void {
  const push = (list: string, values: readonly number[]): Promise<void> =>
    context.store.commit({ push: values.map((value) => ({ list, value })) });

  it('takes the oldest first, until nothing is left', async () => {
    const { store } = context;
    await push('one', [1, 2]);
    await push('two', [10]);
    await push('one', [3]);
    expect(
      valuesOf([await store.take('one'), await store.take('one')].flatMap((entry) => entry ?? [])),
    ).toEqual([1, 2]);
    await push('one', [4]);
    expect((await store.take('one'))?.value).toBe(3);
    expect((await store.take('one'))?.value).toBe(4);
    expect(await store.take('one')).toBeUndefined();
    expect((await store.take('two'))?.value).toBe(10);
  });

  it('gives each value to one of 50 parallel takers', async () => {
    const { store } = context;
    await push('list', upTo(40));
    const taken = await Promise.all(Array.from({ length: 50 }, () => store.take('list')));
    const values = taken.flatMap((entry) => (entry === undefined ? [] : [Number(entry.value)]));
    expect(values.sort((a, b) => a - b)).toEqual(upTo(40));
    expect(taken.filter((entry) => entry === undefined)).toHaveLength(10);
  });

  it('peeks in order and takes nothing away', async () => {
    const { store } = context;
    await push('list', upTo(60));
    expect(valuesOf(await store.peek('list'))).toEqual(upTo(50));
    expect(valuesOf(await store.peek('list', { limit: 500 }))).toEqual(upTo(60));
    expect(await store.peek('list', { limit: 1 })).toEqual([await store.take('list')]);
    expect(valuesOf(await store.peek('list', { limit: 1 }))).toEqual([1]);
  });

  it('peeks page by page behind a position, also one that was taken since', async () => {
    const { store } = context;
    await push('list', upTo(10));
    const first = await store.peek('list', { limit: 4 });
    for (let n = 0; n < 6; n++) await store.take('list');
    expect(valuesOf(await store.peek('list', { limit: 3, after: first[1]?.position }))).toEqual([6, 7, 8]);
    const rest = await store.peek('list', { after: first[3]?.position });
    expect(valuesOf(rest)).toEqual([6, 7, 8, 9]);
    expect(valuesOf(await store.peek('list', { after: rest[2]?.position }))).toEqual([9]);
    expect(await store.peek('list', { after: rest[3]?.position })).toEqual([]);
  });

  it('gives positions that go on growing when a list was emptied or deleted', async () => {
    const { store } = context;
    await push('list', [1]);
    const old = (await store.take('list'))?.position;
    await push('list', [2]);
    expect(valuesOf(await store.peek('list', { after: old }))).toEqual([2]);
    await store.commit({ deletes: { lists: ['list'] } });
    expect(await store.peek('list')).toEqual([]);
    await push('list', [3]);
    expect(valuesOf(await store.peek('list', { after: old }))).toEqual([3]);
  });

  it('stays in order over many pushes and takes', async () => {
    const { store } = context;
    const taken: unknown[] = [];
    for (let round = 0; round < 40; round++) {
      await push('list', [round * 3, round * 3 + 1, round * 3 + 2]);
      for (let n = 0; n < 2; n++) taken.push((await store.take('list'))?.value);
    }
    expect([...taken, ...valuesOf(await store.peek('list'))]).toEqual(upTo(120));
  });

  it('holds as many values as it may and refuses the commit that brings one more, whole', async () => {
    const { store } = context;
    const { maxListLength } = LIMITS;
    await push('list', upTo(maxListLength - 1));
    const two = {
      push: [1, 2].map((value) => ({ list: 'list', value })),
      puts: [{ key: 'k', fields: { a: 1 } }],
    };
    await refused(store.commit(two), 'LIST_FULL');
    expect(await store.get('k')).toBeUndefined();
    expect(await store.peek('list', { limit: 500 })).toHaveLength(maxListLength - 1);
    await push('list', [1]);
    await refused(push('list', [1]), 'LIST_FULL');
    await push('other', [1]);
    await store.take('list');
    await push('list', [1]);
  });

  it('counts a list as empty that the same commit deletes', async () => {
    const { store } = context;
    await push('list', upTo(LIMITS.maxListLength));
    await store.commit({ deletes: { lists: ['list'] }, push: [{ list: 'list', value: 'only' }] });
    expect(valuesOf(await store.peek('list'))).toEqual(['only']);
  });

  it('refuses a position that is none', async () => {
    await push('list', [1]);
    for (const after of ['', 'x', '-1', '\0', '9'.repeat(40)])
      await refused(context.store.peek('list', { after }), 'INVALID_CURSOR');
  });

  it.each([0, -1, 501, 1.5, NaN, Infinity])('refuses a limit of %p', async (limit) => {
    await expect(context.store.peek('list', { limit })).rejects.toBeInstanceOf(ValidationError);
  });

  context.itAcross('gives each value to a taker of one of the instances', async (peer) => {
    await push('list', upTo(40));
    const taken = await Promise.all(upTo(40).map((at) => (at % 2 === 0 ? context.store : peer).take('list')));
    expect(taken.map((entry) => Number(entry?.value)).sort((a, b) => a - b)).toEqual(upTo(40));
  });
}

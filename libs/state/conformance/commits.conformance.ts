import type { Commit } from '../ports/state-store.js';
import { collect, holdings, logValues, members, oneOfEach, refused } from './helpers.js';
import { LIMITS, type StoreContext } from './store-under-test.js';

export function describeCommits(context: StoreContext): void {
  it('reads as empty what was never written', async () => {
    const { store } = context;
    expect(await store.get('nobody')).toBeUndefined();
    expect(await store.get('nobody', ['field'])).toBeUndefined();
    expect(await store.list('nothing')).toEqual({ items: [], nextCursor: null });
    expect(await store.count('nothing')).toBe(0);
    expect(await store.take('nothing')).toBeUndefined();
    expect(await store.peek('nothing')).toEqual([]);
  });

  it('accepts a commit of nothing', async () => {
    await context.store.commit({});
    await context.store.commit({ puts: [], deletes: {}, index: [], append: [], push: [] });
  });

  it('merges the fields of a put into the record and leaves the others', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'k', fields: { a: 1, b: 'two' } }] });
    await store.commit({ puts: [{ key: 'k', fields: { b: { three: [3] }, c: null } }] });
    expect(await store.get('k')).toEqual({ a: 1, b: { three: [3] }, c: null });
  });

  it('keeps a record of very many fields, written in any portions', async () => {
    const { store } = context;
    const all: Record<string, number> = {};
    for (const size of [1, 3, 7, 20, 1_000]) {
      const fields = Object.fromEntries(
        Array.from({ length: size }, (_, at) => [`field-${at}`, size * 10_000 + at]),
      );
      Object.assign(all, fields);
      await store.commit({ puts: [{ key: 'k', fields }] });
      expect(await store.get('k')).toEqual(all);
    }
  });

  it('gets only the named fields that the record has', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'k', fields: { a: 1, b: 2, c: 3 } }] });
    expect(await store.get('k', ['c', 'a', 'missing', 'toString', 'a'])).toEqual({ a: 1, c: 3 });
    expect(await store.get('k', ['missing'])).toEqual({});
    expect(await store.get('k', [])).toEqual({});
  });

  it('makes a record by a put without fields', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'k', fields: {} }] });
    expect(await store.get('k')).toEqual({});
    await refused(store.commit({ puts: [{ key: 'k', fields: { a: 1 }, ifAbsent: true }] }), 'ALREADY_EXISTS');
  });

  it('deletes a record whole, and forgets unknown names without an error', async () => {
    const { store } = context;
    await store.commit({
      puts: [
        { key: 'k', fields: { a: 1, b: 2 } },
        { key: 'other', fields: { a: 1 } },
      ],
    });
    await store.commit({ deletes: { records: ['k', 'unknown'], logs: ['unknown'], lists: ['unknown'] } });
    expect(await store.get('k')).toBeUndefined();
    expect(await store.get('other')).toEqual({ a: 1 });
    await store.commit({ puts: [{ key: 'k', fields: { c: 3 }, ifAbsent: true }] });
    expect(await store.get('k')).toEqual({ c: 3 });
  });

  it('applies the parts in their order: puts, deletes, index, append, push', async () => {
    const { store } = context;
    await store.commit(oneOfEach('old'));
    await store.commit({
      ...oneOfEach('new'),
      deletes: { records: ['record'], logs: ['log'], lists: ['list'] },
      index: [
        { index: 'index', member: 'old', score: null },
        { index: 'index', member: 'new', score: 1 },
        { index: 'index', member: 'gone', score: 1 },
        { index: 'index', member: 'gone', score: null },
      ],
    });
    expect(await holdings(store)).toEqual({ record: undefined, index: ['new'], list: ['new'], log: ['new'] });
  });

  it('applies the items of a part in their order', async () => {
    const { store } = context;
    await store.commit({
      puts: [
        { key: 'k', fields: { a: 1, b: 1 } },
        { key: 'k', fields: { b: 2 } },
      ],
      append: [1, 2, 3].map((entry) => ({ log: 'log', entry })),
      push: [1, 2, 3].map((value) => ({ list: 'list', value })),
    });
    expect(await store.get('k')).toEqual({ a: 1, b: 2 });
    expect(await logValues(store, 'log')).toEqual([1, 2, 3]);
    expect((await store.peek('list')).map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('lets one of 100 parallel creators win and writes nothing of the others', async () => {
    const { store } = context;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, at) =>
        store.commit({
          ...oneOfEach(`creator-${at}`),
          puts: [{ key: 'record', fields: { tag: at }, ifAbsent: true }],
        }),
      ),
    );
    const winners = outcomes.flatMap(({ status }, at) => (status === 'fulfilled' ? [at] : []));
    expect(winners).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ALREADY_EXISTS' });
    }
    const tag = `creator-${winners[0]}`;
    expect(await holdings(store)).toEqual({
      record: { tag: winners[0] },
      index: [tag],
      list: [tag],
      log: [tag],
    });
  });

  it('names the record that had to be absent, also when the same commit put it before', async () => {
    const { store } = context;
    const twice = [
      { key: 'twice', fields: { a: 1 } },
      { key: 'twice', fields: { a: 2 }, ifAbsent: true },
    ];
    const error = await refused(store.commit({ puts: twice }), 'ALREADY_EXISTS');
    expect(error.details).toMatchObject({ key: 'twice' });
    expect(await store.get('twice')).toBeUndefined();
  });

  it('names the record that had to be present, and takes one that the same commit put before', async () => {
    const { store } = context;
    const update = { key: 'k', fields: { b: 2 }, ifPresent: true };
    const error = await refused(store.commit({ puts: [update] }), 'NOT_FOUND');
    expect(error.details).toMatchObject({ key: 'k' });
    expect(await store.get('k')).toBeUndefined();
    await store.commit({ puts: [{ key: 'k', fields: { a: 1 } }, update] });
    await store.commit({ puts: [{ ...update, fields: { b: 3 } }] });
    expect(await store.get('k')).toEqual({ a: 1, b: 3 });
    await store.commit({ deletes: { records: ['k'] } });
    await refused(store.commit({ puts: [update] }), 'NOT_FOUND');
  });

  describe('a refused commit writes nothing', () => {
    const bad: [string, Commit, string][] = [
      ['a fence that nobody claimed', { fence: { key: 'record', claim: 1 } }, 'STALE_ATTEMPT'],
      [
        'a record that is there',
        { puts: [{ key: 'record', fields: { x: 1 }, ifAbsent: true }] },
        'ALREADY_EXISTS',
      ],
      [
        'a record that is not there',
        { puts: [{ key: 'absent', fields: { x: 1 }, ifPresent: true }] },
        'NOT_FOUND',
      ],
      ['a bad record name', { puts: [{ key: '', fields: {} }] }, 'INVALID_COMMIT'],
      ['a bad field name', { puts: [{ key: 'x', fields: { '': 1 } }] }, 'INVALID_COMMIT'],
      ['a bad value', { puts: [{ key: 'x', fields: { x: NaN } }] }, 'INVALID_COMMIT'],
      ['a bad deleted record', { deletes: { records: [''] } }, 'INVALID_COMMIT'],
      ['a bad deleted log', { deletes: { logs: [''] } }, 'INVALID_COMMIT'],
      ['a bad deleted list', { deletes: { lists: [''] } }, 'INVALID_COMMIT'],
      ['a bad index name', { index: [{ index: '', member: 'm', score: 1 }] }, 'INVALID_COMMIT'],
      ['a bad member', { index: [{ index: 'index', member: '', score: null }] }, 'INVALID_COMMIT'],
      ['a score NaN', { index: [{ index: 'index', member: 'm', score: NaN }] }, 'INVALID_COMMIT'],
      ['a score Infinity', { index: [{ index: 'index', member: 'm', score: Infinity }] }, 'INVALID_COMMIT'],
      ['a bad log name', { append: [{ log: '', entry: 1 }] }, 'INVALID_COMMIT'],
      ['a bad entry', { append: [{ log: 'log', entry: Infinity }] }, 'INVALID_COMMIT'],
      ['a bad list name', { push: [{ list: '', value: 1 }] }, 'INVALID_COMMIT'],
      ['a bad list value', { push: [{ list: 'list', value: -Infinity }] }, 'INVALID_COMMIT'],
      ['a claim that is no integer', { fence: { key: 'record', claim: 1.5 } }, 'INVALID_COMMIT'],
      ['a bad fence key', { fence: { key: '', claim: 1 } }, 'INVALID_COMMIT'],
      [
        'a list that would be too long',
        { push: Array.from({ length: LIMITS.maxListLength }, (_, value) => ({ list: 'list', value })) },
        'LIST_FULL',
      ],
    ];

    it.each(bad)('because of %s', async (_, commit, code) => {
      const { store } = context;
      await store.commit(oneOfEach('before'));
      const good = oneOfEach('refused');
      await expect(
        store.commit({
          ...commit,
          puts: [...good.puts, { key: 'fresh', fields: { a: 1 } }, ...(commit.puts ?? [])],
          deletes: { records: ['record'], logs: ['log'], ...commit.deletes },
          index: [...good.index, { index: 'index', member: 'before', score: null }, ...(commit.index ?? [])],
          append: [...good.append, ...(commit.append ?? [])],
          push: [...good.push, ...(commit.push ?? [])],
        }),
      ).rejects.toMatchObject({ name: 'StateError', code });
      expect(await store.get('fresh')).toBeUndefined();
      expect(await holdings(store)).toEqual({
        record: { tag: 'before' },
        index: ['before'],
        list: ['before'],
        log: ['before'],
      });
    });
  });

  it('shows a commit whole or not at all to readers in between', async () => {
    const { store } = context;
    const torn: unknown[] = [];
    const write = async (): Promise<void> => {
      for (let n = 1; n <= 50; n++)
        await store.commit({ puts: [{ key: 'k', fields: { a: n, b: n, c: n } }] });
    };
    const watch = async (): Promise<void> => {
      for (let n = 0; n < 50; n++) {
        const record = await store.get('k');
        if (record !== undefined && new Set(Object.values(record)).size !== 1) torn.push(record);
      }
    };
    await Promise.all([write(), watch(), watch(), watch()]);
    expect(torn).toEqual([]);
    expect(await store.get('k')).toEqual({ a: 50, b: 50, c: 50 });
  });

  it('shows the rest of a commit to whoever read its log entry', async () => {
    const { store } = context;
    const reading = collect(store.read('log', { signal: new AbortController().signal }), 1).then(() =>
      holdings(store),
    );
    await store.commit(oneOfEach('x'));
    expect(await reading).toEqual({ record: { tag: 'x' }, index: ['x'], list: ['x'], log: ['x'] });
  });

  context.itAcross('shows what one instance committed to every other', async (peer) => {
    await context.store.commit(oneOfEach('x'));
    expect(await holdings(peer)).toEqual({ record: { tag: 'x' }, index: ['x'], list: ['x'], log: ['x'] });
    expect(await members(peer, 'index', 'desc')).toEqual(['x']);
  });
}

import { ValidationError } from '#core';
import { describeStateStore } from '../conformance/describe-state-store.js';
import { refused } from '../conformance/helpers.js';
import type { Commit } from '../ports/state-store.js';
import { MemoryStateStore } from './memory-state-store.js';

describeStateStore({ name: 'memory', create: (limits) => Promise.resolve(new MemoryStateStore(limits)) });

describe('MemoryStateStore', () => {
  it('says that it is not durable', () => {
    expect(new MemoryStateStore().durable).toBe(false);
  });

  it.each([
    { maxLogLength: 0 },
    { maxListLength: 1.5 },
    { maxNames: NaN },
    { maxNames: 1e9 },
    { unknown: 1 },
  ])('refuses the options %j', (options) => {
    expect(() => new MemoryStateStore(options)).toThrow(ValidationError);
  });

  describe('holds as many names of a kind as it may', () => {
    const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `name-${at}`);
    const kinds: Record<string, (names: string[]) => Commit> = {
      records: (keys) => ({ puts: keys.map((key) => ({ key, fields: { a: 1 } })) }),
      'fields of a record': (fields) => ({
        puts: [{ key: 'k', fields: Object.fromEntries(fields.map((name) => [name, 1])) }],
      }),
      'fields of a record in several puts': (fields) => ({
        puts: fields.map((name) => ({ key: 'k', fields: { [name]: 1 } })),
      }),
      indexes: (all) => ({ index: all.map((index) => ({ index, member: 'm', score: 1 })) }),
      'members of an index': (all) => ({ index: all.map((member) => ({ index: 'i', member, score: 1 })) }),
      logs: (logs) => ({ append: logs.map((log) => ({ log, entry: 1 })) }),
      lists: (lists) => ({ push: lists.map((list) => ({ list, value: 1 })) }),
    };

    it.each(Object.entries(kinds))(
      '%s: one more is refused, those that are there may still be written',
      async (_, commitOf) => {
        const store = new MemoryStateStore({ maxNames: 10 });
        await store.commit(commitOf(names(9)));
        const tooMany = { ...commitOf(names(11)) };
        await refused(store.commit(tooMany), 'STORE_FULL');
        await store.commit(commitOf([...names(10), ...names(10)]));
        await refused(store.commit(commitOf(['one more'])), 'STORE_FULL');
        await store.commit(commitOf(names(10)));
      },
    );

    it('claimed keys: one more is refused, one that is there may be claimed again', async () => {
      const store = new MemoryStateStore({ maxNames: 2 });
      await store.claim('a');
      await store.claim('b');
      await refused(store.claim('c'), 'STORE_FULL');
      expect(await store.claim('a')).toBe(2);
      await store.commit({ deletes: { records: ['b'] } });
      expect(await store.claim('c')).toBe(1);
    });

    it('makes room by what is deleted, emptied or taken', async () => {
      const store = new MemoryStateStore({ maxNames: 1 });
      for (const name of ['a', 'b', 'c']) {
        await store.commit({
          puts: [{ key: name, fields: { x: 1 } }],
          index: [{ index: name, member: name, score: 1 }],
          append: [{ log: name, entry: 1 }],
          push: [{ list: name, value: 1 }],
        });
        await store.take(name);
        await store.commit({
          deletes: { records: [name], logs: [name] },
          index: [{ index: name, member: name, score: null }],
        });
      }
    });

    it('lets a member be taken out of a full index', async () => {
      const store = new MemoryStateStore({ maxNames: 1 });
      await store.commit({ index: [{ index: 'i', member: 'm', score: 1 }] });
      await store.commit({
        index: [
          { index: 'i', member: 'unknown', score: null },
          { index: 'i', member: 'm', score: null },
        ],
      });
      expect(await store.count('i')).toBe(0);
    });
  });

  it('refuses a position of an earlier process, which would pass over entries to come', async () => {
    const earlier = new MemoryStateStore();
    await earlier.commit({ push: [1, 2, 3].map((value) => ({ list: 'list', value })) });
    const [, , third] = await earlier.peek('list');
    const store = new MemoryStateStore();
    await store.commit({ push: [{ list: 'list', value: 1 }] });
    await refused(store.peek('list', { after: third?.position }), 'INVALID_CURSOR');
    const reading = async (): Promise<unknown> =>
      store.read('log', { after: third?.position, signal: new AbortController().signal });
    await refused(reading(), 'INVALID_CURSOR');
  });

  it('numbers entries so that their positions also sort as strings', async () => {
    const store = new MemoryStateStore();
    await store.commit({ push: Array.from({ length: 120 }, (_, value) => ({ list: 'list', value })) });
    const positions = (await store.peek('list', { limit: 500 })).map(({ position }) => position);
    expect([...positions].sort()).toEqual(positions);
  });
});

import { eventually } from '../../../test/helpers/eventually.js';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { collect, oneOfEach, refused } from '../conformance/helpers.js';
import { openTestStore } from '../testing/open-test-store.js';

describeWithRedis('RedisStateStore on a shared server', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
  });
  afterAll(() => server.stop());

  /** Connections beside the one that counts. */
  const connections = (): Promise<number> =>
    server.with(
      async (client) =>
        String(await client.client('LIST'))
          .trim()
          .split('\n').length - 1,
    );

  it('serves a thousand readers of one log over two connections, and gives each every entry', async () => {
    const store = await openTestStore({ url: server.url, keyPrefix: 'readers' });
    expect(await connections()).toBe(1);
    const { signal } = new AbortController();
    const readers = Array.from({ length: 1_000 }, () => collect(store.read('log', { signal }), 20));
    await eventually(async () => (await connections()) === 2);
    for (let n = 0; n < 20; n += 4)
      await store.commit({ append: [0, 1, 2, 3].map((at) => ({ log: 'log', entry: n + at })) });
    const expected = Array.from({ length: 20 }, (_, n) => n);
    for (const entries of await Promise.all(readers))
      expect(entries.map(({ value }) => value)).toEqual(expected);
    expect(await connections()).toBe(2);
    await store.close();
    await eventually(async () => (await connections()) === 0);
  });

  const numberOf = (claimed: number | { claim: number } | undefined) =>
    typeof claimed === 'object' ? claimed.claim : claimed;

  it.each(['claim', 'claimRecord'] as const)(
    'tells two workers apart whose %s has one number, for the server had forgotten the first',
    async (way) => {
      const keyPrefix = `forgotten-${way}`;
      const [first, second] = [
        await openTestStore({ url: server.url, keyPrefix }),
        await openTestStore({ url: server.url, keyPrefix }),
      ];
      const put = (by: string, claim: number) => ({
        fence: { key: 'k', claim },
        puts: [{ key: 'k', fields: { by } }],
      });
      await first.commit({ puts: [{ key: 'k', fields: { by: 'nobody' } }] });
      expect(numberOf(await first[way]('k'))).toBe(1);
      await first.commit(put('first', 1));
      // As a replica that did not hear of it.
      await server.with((client) => client.hdel(`{${keyPrefix}}:r:k`, ''));
      expect(numberOf(await second[way]('k'))).toBe(1);

      await second.commit(put('second', 1));
      await refused(first.commit(put('first', 1)), 'STALE_ATTEMPT');
      expect(await first.get('k')).toEqual({ by: 'second' });
      await Promise.all([first.close(), second.close()]);
    },
  );

  it('asks one question for readers that are told at once', async () => {
    const store = await openTestStore({ url: server.url, keyPrefix: 'one-question' });
    const { signal } = new AbortController();
    const scripts = (): Promise<number> =>
      server.with(async (client) =>
        Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0),
      );
    const readers = Array.from({ length: 200 }, () => collect(store.read('log', { signal }), 1));
    await eventually(async () => {
      const [, count] = await server.with((client) => client.pubsub('NUMSUB', '{one-question}:g:log'));
      return count === 1;
    });
    // Every reader has read again after it had subscribed.
    let before = -1;
    await eventually(async () => {
      const now = await scripts();
      const isQuiet = now === before;
      before = now;
      return isQuiet;
    });
    await store.commit({ append: [{ log: 'log', entry: 1 }] });
    await Promise.all(readers);
    expect((await scripts()) - before).toBeLessThan(10);
    await store.close();
  });

  it('begins every key with its prefix, and shares nothing with another prefix', async () => {
    const mine = await openTestStore({ url: server.url, keyPrefix: 'mine' });
    const other = await openTestStore({ url: server.url, keyPrefix: 'mine-too' });
    await server.with((client) => client.flushall());
    await mine.commit(oneOfEach('x'));
    await mine.claim('claimed');
    const keys = await server.with((client) => client.keys('*'));
    expect(keys.length).toBe(5);
    for (const key of keys) expect(key.startsWith('{mine}:')).toBe(true);
    expect(await other.get('record')).toBeUndefined();
    expect(await other.claim('claimed')).toBe(1);
    await Promise.all([mine.close(), other.close()]);
  });

  it('leaves no key behind when everything was deleted, taken or moved out', async () => {
    const store = await openTestStore({ url: server.url, keyPrefix: 'gone' });
    await store.commit(oneOfEach('x'));
    await store.take('list');
    await store.commit({
      deletes: { records: ['record'], logs: ['log'] },
      index: [{ index: 'index', member: 'x', score: null }],
    });
    expect(await server.with((client) => client.keys('{gone}*'))).toEqual([]);
    await store.close();
  });

  it('takes commits of more parts than a script can hand on at once', async () => {
    const store = await openTestStore({ url: server.url, keyPrefix: 'wide' });
    const count = 12_001;
    const names = Array.from({ length: count }, (_, at) => `name-${at}`);
    await store.commit({
      puts: [{ key: 'k', fields: Object.fromEntries(names.map((name, at) => [name, at])) }],
      index: names.map((member, score) => ({ index: 'i', member, score })),
      append: names.map((_, entry) => ({ log: 'log', entry })),
      push: names.map((_, value) => ({ list: 'list', value })),
    });
    expect(Object.keys((await store.get('k')) ?? {})).toHaveLength(count);
    expect(await store.get('k', names)).toEqual(await store.get('k'));
    expect(await store.count('i')).toBe(count);
    const values: unknown[] = [];
    const { signal } = new AbortController();
    for await (const { value } of store.read('log', { follow: false, signal })) values.push(value);
    // The default of maxLogLength is the latest 10,000.
    expect(values).toEqual(Array.from({ length: 10_000 }, (_, at) => count - 10_000 + at));
    expect(await store.take('list')).toMatchObject({ value: 0 });
    await store.close();
  });
});

import { eventually, within } from '../../../test/helpers/eventually.js';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { holdings, oneOfEach } from '../conformance/helpers.js';
import type { StateStore } from '../ports/state-store.js';
import { openTestStore } from '../testing/open-test-store.js';

const COMMAND_TIMEOUT_MS = 500;
const BOUND_MS = COMMAND_TIMEOUT_MS * 3;

describeWithRedis('RedisStateStore in an outage', () => {
  let server: RedisServer;
  let stores: StateStore[] = [];
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    stores = [];
    await server.stop();
  });

  const start = async (): Promise<void> => {
    server = await RedisServer.start();
  };
  const open = async (): Promise<StateStore> => {
    const store = await openTestStore({
      url: server.url,
      keyPrefix: 'outage',
      commandTimeoutMs: COMMAND_TIMEOUT_MS,
    });
    stores.push(store);
    return store;
  };
  const append = (store: StateStore, ...entries: number[]): Promise<void> =>
    store.commit({ append: entries.map((entry) => ({ log: 'log', entry })) });
  const unavailable = (work: Promise<unknown>): Promise<void> =>
    expect(within(BOUND_MS, 'the refusal', work)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      retryable: true,
    });

  it('lets readers go on by themselves after a kill and a restart, without gap or double', async () => {
    await start();
    const writer = await open();
    const reader = await open();
    const controller = new AbortController();
    const seen: unknown[] = [];
    const early = (async () => {
      for await (const { value } of reader.read('log', { signal: controller.signal })) seen.push(value);
    })();
    await append(writer, 1, 2);
    await eventually(() => seen.length === 2);
    await server.kill();
    // Begins while nobody answers.
    const late = reader.read('log', { signal: controller.signal })[Symbol.asyncIterator]().next();
    const failing = reader.read('log', { follow: false, signal: controller.signal });
    await unavailable(failing[Symbol.asyncIterator]().next());
    await unavailable(append(writer, 0));
    await server.restart();
    await eventually(() => append(writer, 3, 4).then(() => true));
    await eventually(() => seen.length === 4);
    await append(writer, 5);
    await eventually(() => seen.length === 5);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(await late).toMatchObject({ value: { value: 1, number: 1 } });
    controller.abort();
    await early;
  });

  it('fails in bounded time while the server is frozen, and works again afterwards', async () => {
    await start();
    const store = await open();
    await store.commit(oneOfEach('before'));
    server.freeze();
    await Promise.all(
      [
        store.commit(oneOfEach('frozen')),
        store.claim('k'),
        store.claimRecord('record'),
        store.get('record'),
        store.list('index'),
        store.take('other list'),
        store.ping(new AbortController().signal),
      ].map(unavailable),
    );
    const hasty = new AbortController();
    const ping = store.ping(hasty.signal);
    hasty.abort(new Error('no patience'));
    await expect(within(100, 'the end of the ping', ping)).rejects.toThrow();
    server.thaw();
    await eventually(() => store.get('record'));
    await eventually(() => store.commit(oneOfEach('after')).then(() => true));
    expect(await store.get('record')).toEqual({ tag: 'after' });
  });

  it('refuses whole commits while its memory is full, those without a fence, and takes them again when there is room', async () => {
    await start();
    const store = await open();
    await store.commit(oneOfEach('before'));
    const claim = await store.claim('begun');
    const names = Array.from({ length: 100 }, (_, n) => `fill-${n}`);
    for (const key of names) await store.commit({ puts: [{ key, fields: { a: 'x'.repeat(100_000) } }] });
    await server.with((client) => client.config('SET', 'maxmemory', '5mb'));
    const commit = oneOfEach('refused');
    await unavailable(store.commit(commit));
    await unavailable(store.commit({ index: commit.index, append: commit.append }));
    await unavailable(store.commit({ append: commit.append, push: commit.push }));
    await unavailable(store.commit({ push: commit.push }));
    await unavailable(store.claim('record'));
    const puts = [{ key: 'begun', fields: { step: 'completed' } }];
    await store.commit({
      fence: { key: 'begun', claim },
      puts,
      append: [{ log: 'begun', entry: 'completed' }],
    });
    expect(await store.get('begun')).toEqual({ step: 'completed' });
    expect(await store.take('list')).toMatchObject({ value: 'before' });
    await store.commit({ deletes: { records: names } });
    await eventually(() => store.commit(oneOfEach('after')).then(() => true));
    expect(await holdings(store)).toEqual({
      record: { tag: 'after' },
      index: ['after', 'before'],
      list: ['after'],
      log: ['before', 'after'],
    });
    expect(await store.claim('record')).toBe(1);
  });

  it.each(['dead', 'frozen'])(
    'closes in bounded time while the server is %s, and leaves nothing',
    async (how) => {
      await start();
      const before = process.getActiveResourcesInfo().length;
      const store = await openTestStore({
        url: server.url,
        keyPrefix: 'outage',
        commandTimeoutMs: COMMAND_TIMEOUT_MS,
      });
      const reader = store.read('log', { signal: new AbortController().signal });
      const waiting = reader[Symbol.asyncIterator]().next();
      await append(store, 1);
      await waiting;
      if (how === 'dead') await server.kill();
      else server.freeze();
      const commit = store.commit(oneOfEach('lost'));
      await Promise.all([within(BOUND_MS, 'close', store.close()), unavailable(commit)]);
      await eventually(() => process.getActiveResourcesInfo().length <= before);
      if (how === 'frozen') server.thaw();
    },
  );

  it('is not opened where nobody answers, and says where', async () => {
    await start();
    const { url, port } = server;
    await server.stop();
    const opening = openTestStore({ url, connectTimeoutMs: 300 });
    await expect(within(2_000, 'the refusal', opening)).rejects.toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringContaining(`127.0.0.1:${port}`),
    });
  });

  it('runs its scripts on a server that has forgotten them', async () => {
    await start();
    const store = await open();
    await store.commit(oneOfEach('before'));
    await server.with((client) => client.script('FLUSH'));
    await store.commit(oneOfEach('after'));
    expect(await store.get('record')).toEqual({ tag: 'after' });
  });
});

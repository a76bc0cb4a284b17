import fc from 'fast-check';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { LIMITS } from '../conformance/store-under-test.js';
import { MemoryStateStore } from '../memory/memory-state-store.js';
import type { StateStore } from '../ports/state-store.js';
import { openTestStore } from '../testing/open-test-store.js';

const NAMES = ['a', 'b', '\u{1F600}', '\uFFFD', '__proto__'];
const BAD_NAMES = ['', '\uD800'];
const LIMIT = 3;

/** What one call came to: its answer, or its error without the words. */
async function outcomeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    return { answer: await call };
  } catch (error) {
    const { code, details } = error as { code?: string; details?: unknown };
    return { code, details };
  }
}

async function everythingIn(store: StateStore): Promise<unknown> {
  const { signal } = new AbortController();
  return Promise.all(
    NAMES.map(async (name) => {
      const entries: unknown[] = [];
      for await (const { value, number } of store.read(name, { follow: false, signal }))
        entries.push([number, value]);
      const list = (await store.peek(name)).map(({ value }) => value);
      const pages = [await store.list(name, { limit: 2 })];
      for (let cursor = pages[0]?.nextCursor; cursor != null; cursor = pages.at(-1)?.nextCursor)
        pages.push(await store.list(name, { limit: 2, cursor }));
      return { record: await store.get(name), some: await store.get(name, ['a', 'b']), entries, list, pages };
    }),
  );
}

describeWithRedis('RedisStateStore beside MemoryStateStore', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
  });
  afterAll(() => server.stop());

  const name = fc.oneof(
    { weight: 60, arbitrary: fc.constantFrom(...NAMES) },
    { weight: 1, arbitrary: fc.constantFrom(...BAD_NAMES) },
  );
  const value = fc.oneof(
    { weight: 60, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
    { weight: 1, arbitrary: fc.constantFrom(NaN, undefined, 1n, new Date(0)) },
  );
  const some = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { maxLength: 4 });
  const flag = fc.option(fc.boolean(), { nil: undefined });
  const commit = fc.record(
    {
      fence: fc.record({ key: name, claim: fc.integer({ min: 0, max: 3 }) }),
      puts: some(
        fc.record({
          key: name,
          fields: fc.dictionary(name, value, { maxKeys: 3 }),
          ifAbsent: flag,
          ifPresent: flag,
        }),
      ),
      deletes: fc.record({ records: some(name), logs: some(name), lists: some(name) }, { requiredKeys: [] }),
      index: some(
        fc.record({
          index: name,
          member: name,
          score: fc.option(fc.oneof(fc.integer({ min: -2, max: 2 }), fc.double({ noNaN: true }))),
        }),
      ),
      append: some(fc.record({ log: name, entry: value })),
      push: some(fc.record({ list: name, value })),
    },
    { requiredKeys: [] },
  );
  const call = fc.oneof(
    { weight: 6, arbitrary: commit.map((what) => (store: StateStore) => store.commit(what as never)) },
    { weight: 1, arbitrary: name.map((key) => (store: StateStore) => store.claim(key)) },
    { weight: 1, arbitrary: name.map((key) => (store: StateStore) => store.claimRecord(key)) },
    {
      weight: 1,
      arbitrary: name.map((list) => async (store: StateStore) => (await store.take(list))?.value),
    },
  );

  it('answers any calls as the memory store does, with the same errors', async () => {
    let run = 0;
    const limits = { ...LIMITS, maxListLength: LIMIT };
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
        const stores = [
          new MemoryStateStore(limits),
          await openTestStore({ url: server.url, keyPrefix: `run-${run++}` }, limits),
        ] as const;
        for (const make of calls) {
          const [memory, redis] = await Promise.all(stores.map((store) => outcomeOf(make(store))));
          expect(redis).toEqual(memory);
        }
        const [memory, redis] = await Promise.all(stores.map(everythingIn));
        expect(redis).toEqual(memory);
        await Promise.all(stores.map((store) => store.close()));
      }),
      { numRuns: 150 },
    );
  });
});

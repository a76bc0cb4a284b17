import { holdings, oneOfEach, refused } from './helpers.js';
import type { StoreContext } from './store-under-test.js';

export function describeFences(context: StoreContext): void {
  it('counts the claims of each key from 1, whether its record is there or not', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'there', fields: { a: 1 } }] });
    for (const key of ['there', 'absent']) {
      expect([await store.claim(key), await store.claim(key), await store.claim(key)]).toEqual([1, 2, 3]);
    }
    expect(await store.get('there')).toEqual({ a: 1 });
    expect(await store.get('absent')).toBeUndefined();
    await store.commit({ puts: [{ key: 'absent', fields: {}, ifAbsent: true }] });
  });

  it('claims a record that is there and reads it, and claims nothing where there is none', async () => {
    const { store } = context;
    expect(await store.claimRecord('k')).toBeUndefined();
    await refused(store.claimRecord(''), 'INVALID_COMMIT');
    await store.commit({ puts: [{ key: 'k', fields: { a: 1, b: [2] } }] });
    expect(await store.claimRecord('k')).toEqual({ claim: 1, fields: { a: 1, b: [2] } });
    expect(await store.claim('k')).toBe(2);
    expect(await store.claimRecord('k')).toMatchObject({ claim: 3 });
    await store.commit({ fence: { key: 'k', claim: 3 }, puts: [{ key: 'k', fields: { a: 2 } }] });
    await refused(store.commit({ fence: { key: 'k', claim: 2 } }), 'STALE_ATTEMPT');
    await store.commit({ deletes: { records: ['k'] } });
    expect(await store.claimRecord('k')).toBeUndefined();
    expect(await store.claim('k')).toBe(1);
  });

  it('gives parallel claims distinct, growing numbers', async () => {
    const { store } = context;
    const claims = await Promise.all(Array.from({ length: 50 }, () => store.claim('k')));
    expect([...claims].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, at) => at + 1));
    expect(await store.claim('k')).toBe(51);
  });

  it('accepts commits under the latest claim as often as they come, and no put renews or ends it', async () => {
    const { store } = context;
    const claim = await store.claim('record');
    for (const tag of ['a', 'b']) await store.commit({ fence: { key: 'record', claim }, ...oneOfEach(tag) });
    await store.commit({ puts: [{ key: 'record', fields: { tag: 'c' } }] });
    await store.commit({ fence: { key: 'record', claim }, puts: [{ key: 'record', fields: { tag: 'd' } }] });
    expect(await holdings(store)).toEqual({
      record: { tag: 'd' },
      index: ['a', 'b'],
      list: ['a', 'b'],
      log: ['a', 'b'],
    });
  });

  it('refuses every part of a commit under an older claim, or one not given out', async () => {
    const { store } = context;
    const old = await store.claim('record');
    await store.commit({ fence: { key: 'record', claim: old }, ...oneOfEach('before') });
    const latest = await store.claim('record');
    for (const claim of [old, latest + 1, 0, -1]) {
      const commit = {
        fence: { key: 'record', claim },
        ...oneOfEach('stale'),
        deletes: { records: ['record'], logs: ['log'] },
      };
      await refused(store.commit(commit), 'STALE_ATTEMPT');
    }
    await store.commit({
      fence: { key: 'record', claim: latest },
      puts: [{ key: 'record', fields: { more: 1 } }],
    });
    expect(await holdings(store)).toEqual({
      record: { tag: 'before', more: 1 },
      index: ['before'],
      list: ['before'],
      log: ['before'],
    });
  });

  it('refuses a fence on a key that nobody claimed, a claim of 0 too', async () => {
    for (const claim of [0, 1])
      await refused(context.store.commit({ fence: { key: 'k', claim } }), 'STALE_ATTEMPT');
  });

  it('fences other keys than those that are written', async () => {
    const { store } = context;
    const claim = await store.claim('lock');
    await store.commit({ fence: { key: 'lock', claim }, puts: [{ key: 'k', fields: { a: 1 } }] });
    await store.claim('lock');
    await refused(
      store.commit({ fence: { key: 'lock', claim }, puts: [{ key: 'k', fields: { a: 2 } }] }),
      'STALE_ATTEMPT',
    );
    expect(await store.get('k')).toEqual({ a: 1 });
  });

  it('says that the attempt is stale, before it says that a record exists', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'k', fields: {} }] });
    const commit = { fence: { key: 'k', claim: 1 }, puts: [{ key: 'k', fields: {}, ifAbsent: true }] };
    await refused(store.commit(commit), 'STALE_ATTEMPT');
  });

  it('forgets the claims of a record with the record', async () => {
    const { store } = context;
    await store.commit({ puts: [{ key: 'k', fields: { a: 1 } }] });
    await store.claim('k');
    const claim = await store.claim('k');
    await store.commit({ fence: { key: 'k', claim }, deletes: { records: ['k'] } });
    await refused(
      store.commit({ fence: { key: 'k', claim }, puts: [{ key: 'k', fields: { a: 2 } }] }),
      'STALE_ATTEMPT',
    );
    expect(await store.claim('k')).toBe(1);
  });

  it('lets only the last of many racing claimants write', async () => {
    const { store } = context;
    const written = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const claim = await store.claim('k');
        const outcome = await store
          .commit({ fence: { key: 'k', claim }, puts: [{ key: 'k', fields: { claim } }] })
          .then(
            () => true,
            () => false,
          );
        return { claim, outcome };
      }),
    );
    const last = written.filter(({ outcome }) => outcome).map(({ claim }) => claim);
    expect(last).toContain(20);
    expect(await store.get('k')).toEqual({ claim: 20 });
  });

  context.itAcross('makes the claims of every other instance stale', async (peer) => {
    const { store } = context;
    const claim = await store.claim('k');
    expect(await peer.claim('k')).toBe(claim + 1);
    await refused(
      store.commit({ fence: { key: 'k', claim }, puts: [{ key: 'k', fields: {} }] }),
      'STALE_ATTEMPT',
    );
  });
}

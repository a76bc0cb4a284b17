import { getEventListeners } from 'node:events';
import { oneOfEach, refused } from './helpers.js';
import type { StoreContext } from './store-under-test.js';

export function describeLifecycle(context: StoreContext): void {
  it('answers a ping, unless its signal is aborted', async () => {
    const { store } = context;
    await store.ping(new AbortController().signal);
    const reason = new Error('too late');
    await expect(store.ping(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('refuses every call once it is closed', async () => {
    const { store } = context;
    await store.commit(oneOfEach('x'));
    await store.close();
    const { signal } = new AbortController();
    const calls = [
      () => store.commit({}),
      () => store.claim('k'),
      () => store.claimRecord('k'),
      () => store.get('record'),
      () => store.list('index'),
      () => store.count('index'),
      () => store.take('list'),
      () => store.peek('list'),
      async () => store.read('log', { signal })[Symbol.asyncIterator]().next(),
      () => store.ping(signal),
    ];
    for (const call of calls) await refused(call(), 'STATE_CLOSED');
  });

  it('may be closed again and again, at once too', async () => {
    await Promise.all([context.store.close(), context.store.close()]);
    await context.store.close();
  });

  it('ends every reader without an error when it closes, and leaves no listener', async () => {
    const { store } = context;
    await store.commit({ append: [1, 2].map((entry) => ({ log: 'log', entry })) });
    const { signal } = new AbortController();
    const reading = store.read('log', { signal })[Symbol.asyncIterator]();
    await reading.next();
    const waiting = ['a', 'a', 'b'].map((log) => store.read(log, { signal })[Symbol.asyncIterator]().next());
    await store.close();
    for (const next of [...waiting, reading.next()])
      expect(await next).toEqual({ done: true, value: undefined });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  context.itAcross('leaves other instances at work when it closes', async (peer) => {
    await peer.commit(oneOfEach('x'));
    await context.store.close();
    expect(await peer.get('record')).toEqual({ tag: 'x' });
  });

  context.itAcross(
    'keeps what was committed beyond its own life if it says that it is durable',
    async (peer) => {
      await context.store.commit(oneOfEach('x'));
      await context.store.close();
      expect((await peer.get('record')) !== undefined).toBe(context.store.durable);
    },
  );
}

import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import type { Entry } from '../ports/state-store.js';
import { collect, logValues, refused } from './helpers.js';
import { LIMITS, type StoreContext } from './store-under-test.js';

const DONE = { done: true, value: undefined };

export function describeLogs(context: StoreContext): void {
  const append = (log: string, ...entries: (string | number)[]): Promise<void> =>
    context.store.commit({ append: entries.map((entry) => ({ log, entry })) });
  const never = (): AbortSignal => new AbortController().signal;
  const iterate = (log: string, signal: AbortSignal, after?: string): AsyncIterator<Entry> =>
    context.store.read(log, { signal, after })[Symbol.asyncIterator]();

  it('reads the entries of each log in the order in which they were appended', async () => {
    await append('one', 1, 2);
    await append('two', 'a');
    await append('one', 3);
    expect(await logValues(context.store, 'one')).toEqual([1, 2, 3]);
    expect(await logValues(context.store, 'two')).toEqual(['a']);
  });

  it('resumes exactly behind any position', async () => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 15 }),
        fc.nat(),
        async (sizes, pick) => {
          const log = `run-${run++}`;
          let value = 0;
          for (const size of sizes) await append(log, ...Array.from({ length: size }, () => value++));
          const entries = await collect(context.store.read(log, { signal: never() }), value);
          expect(entries.map((entry) => entry.value)).toEqual(Array.from({ length: value }, (_, at) => at));
          const at = pick % value;
          expect(await logValues(context.store, log, entries[at]?.position)).toEqual(
            Array.from({ length: value - at - 1 }, (_, offset) => at + 1 + offset),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('gives several readers every entry to come, in order', async () => {
    await append('log', 0);
    const readers = Array.from({ length: 5 }, () =>
      collect(context.store.read('log', { signal: never() }), 41),
    );
    for (let n = 1; n <= 40; n += 2) await append('log', n, n + 1);
    for (const entries of await Promise.all(readers)) {
      expect(entries.map(({ value }) => value)).toEqual(Array.from({ length: 41 }, (_, at) => at));
      expect(new Set(entries.map(({ position }) => position)).size).toBe(41);
    }
  });

  it('ends with the last entry for a reader that does not follow, and leaves no listener', async () => {
    const { signal } = new AbortController();
    const values = async (log: string, after?: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const { value } of context.store.read(log, { after, follow: false, signal }))
        found.push(value);
      return found;
    };
    expect(await values('log')).toEqual([]);
    await append('log', 1, 2, 3);
    expect(await values('log')).toEqual([1, 2, 3]);
    const [first] = await collect(context.store.read('log', { signal }), 1);
    expect(await values('log', first?.position)).toEqual([2, 3]);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('gives who asks for the latest the last entry there is, and later the last by then', async () => {
    const { store } = context;
    const controller = new AbortController();
    await append('log', 'a', 'b');
    const reader = store.read('log', { latest: true, signal: controller.signal })[Symbol.asyncIterator]();
    expect((await reader.next()).value).toMatchObject({ value: 'b', number: 2 });
    const waiting = reader.next();
    await append('log', 'c', 'd');
    expect((await waiting).value).toMatchObject({ value: 'd', number: 4 });
    await append('log', 'e');
    await append('log', 'f');
    expect((await reader.next()).value).toMatchObject({ value: 'f', number: 6 });
    const none = reader.next();
    controller.abort();
    expect((await none).done).toBe(true);
    expect(
      await collect(store.read('log', { latest: true, follow: false, signal: never() }), 2),
    ).toHaveLength(1);
  });

  it('wakes a reader that waits on a log nobody wrote before, and no other', async () => {
    const waiting = iterate('log', never());
    const next = waiting.next();
    await append('another log', 'no');
    await append('log', 'yes');
    expect(await next).toMatchObject({ done: false, value: { value: 'yes' } });
    await waiting.return?.();
  });

  it('ends without an error when the signal aborts, in a wait or between two entries', async () => {
    await append('log', 1, 2);
    const controller = new AbortController();
    const waiting = iterate('empty log', controller.signal);
    const reading = iterate('log', controller.signal);
    await reading.next();
    const next = waiting.next();
    controller.abort(new Error('enough'));
    expect(await next).toEqual(DONE);
    expect(await reading.next()).toEqual(DONE);
    expect(await waiting.next()).toEqual(DONE);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('yields nothing when the signal is aborted from the start', async () => {
    await append('log', 1);
    expect(await iterate('log', AbortSignal.abort()).next()).toEqual(DONE);
  });

  it('ends a wait when the caller returns, and leaves no listener on the signal', async () => {
    const { signal } = new AbortController();
    const waiting = iterate('log', signal);
    const next = waiting.next();
    expect(await waiting.return?.()).toEqual(DONE);
    expect(await next).toEqual(DONE);
    await append('log', 1);
    expect(await waiting.next()).toEqual(DONE);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('leaves no listener on the signal of a loop that breaks', async () => {
    const { signal } = new AbortController();
    const reading = collect(context.store.read('log', { signal }), 3);
    for (const n of [1, 2, 3]) await append('log', n);
    await reading;
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('answers calls of next made at once, in order', async () => {
    const reader = iterate('log', never());
    const results = [reader.next(), reader.next(), reader.next(), reader.next()];
    await append('log', 1, 2);
    await append('log', 3);
    for (const [at, result] of results.slice(0, 3).entries()) {
      expect(await result).toMatchObject({ done: false, value: { value: at + 1 } });
    }
    await reader.return?.();
    expect(await results[3]).toEqual(DONE);
  });

  it('keeps the latest entries only, and a position that was dropped goes on with the oldest kept', async () => {
    const { maxLogLength } = LIMITS;
    await append('log', 'first');
    const [first] = await collect(context.store.read('log', { signal: never() }), 1);
    for (let n = 0; n < 250; n += 10) await append('log', ...Array.from({ length: 10 }, (_, at) => n + at));
    const kept = Array.from({ length: maxLogLength }, (_, at) => 250 - maxLogLength + at);
    const values = async (after?: string): Promise<unknown[]> =>
      (await collect(context.store.read('log', { signal: never(), after }), maxLogLength)).map(
        ({ value }) => value,
      );
    expect(await values()).toEqual(kept);
    expect(await values(first?.position)).toEqual(kept);
  });

  it('numbers the entries of a log from 1 on without a hole, whether they are kept or not', async () => {
    const { maxLogLength } = LIMITS;
    const numbers = async (log: string, after?: string): Promise<number[]> => {
      const found: number[] = [];
      for await (const { number } of context.store.read(log, { after, follow: false, signal: never() }))
        found.push(number);
      return found;
    };
    await append('other', 'x');
    await append('log', 'first');
    const [first] = await collect(context.store.read('log', { signal: never() }), 1);
    await append('other', 'y');
    await append('log', 'second', 'third');
    expect(await numbers('log')).toEqual([1, 2, 3]);
    expect(await numbers('log', first?.position)).toEqual([2, 3]);
    expect(await numbers('other')).toEqual([1, 2]);
    for (let n = 0; n < 247; n += 13) await append('log', ...Array.from({ length: 13 }, () => n));
    const kept = Array.from({ length: maxLogLength }, (_, at) => 250 - maxLogLength + 1 + at);
    expect(await numbers('log')).toEqual(kept);
    expect(await numbers('log', first?.position)).toEqual(kept);
    await context.store.commit({ deletes: { logs: ['log'] } });
    await append('log', 'anew', 'and on');
    expect(await numbers('log')).toEqual([1, 2]);
  });

  it('lets a slow reader go on with the oldest entry kept', async () => {
    await append('log', 'first');
    const reader = iterate('log', never());
    await reader.next();
    for (let n = 1; n <= 3; n++)
      await append('log', ...Array.from({ length: LIMITS.maxLogLength }, (_, at) => n * 1_000 + at));
    expect(await reader.next()).toMatchObject({
      value: { value: 3_000, number: 2 * LIMITS.maxLogLength + 2 },
    });
    await reader.return?.();
  });

  it('lets the readers of a deleted log wait on for what is written to it anew', async () => {
    await append('log', 1, 2, 3);
    const entries = await collect(context.store.read('log', { signal: never() }), 3);
    const reader = iterate('log', never(), entries[2]?.position);
    const next = reader.next();
    await context.store.commit({ deletes: { logs: ['log'] } });
    await append('log', 'new');
    expect(await next).toMatchObject({ done: false, value: { value: 'new' } });
    await reader.return?.();
    // Also for those who come with a position of the old one.
    for (const { position } of entries)
      expect(await logValues(context.store, 'log', position)).toContain('new');
  });

  it('refuses a position that is none', async () => {
    await append('log', 1);
    for (const after of ['', 'x', '-1', '1.5', '$', '+', '\0', '../', 'NaN', '9'.repeat(40)]) {
      const reading = async (): Promise<unknown> =>
        collect(context.store.read('log', { after, signal: never() }), 1);
      await refused(reading(), 'INVALID_CURSOR');
    }
  });

  context.itAcross('gives readers what other instances append, and resumes there', async (peer) => {
    const reading = collect(peer.read('log', { signal: never() }), 3);
    for (const n of [1, 2, 3]) await append('log', n);
    const entries = await reading;
    expect(entries.map(({ value }) => value)).toEqual([1, 2, 3]);
    expect(await logValues(peer, 'log', entries[0]?.position)).toEqual([2, 3]);
  });
}

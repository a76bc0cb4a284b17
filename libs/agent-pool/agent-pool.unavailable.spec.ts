import { MIN_RETRY_AFTER_MS } from './pool-availability.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { OK, STUCK, makePool, makeReadyPool, outcomeOf, settle, type Bench } from './testing/make-pool.js';

const PATIENCE_MS = 5_000;
const NO = new Error('no');

afterEach(() => jest.restoreAllMocks());

/** Creates take no time, and fail until the test says otherwise; each is tried again after its full back-off. */
function makeBrokenPool(size = 2): { bench: Bench; mend: () => void } {
  let broken = true;
  const factory = new FakeFactory(() => (broken ? Promise.reject(NO) : Promise.resolve(new FakeAgent())));
  const bench = makePool({ factory, size: { min: size }, unavailableAfterMs: PATIENCE_MS });
  jest.spyOn(Math, 'random').mockReturnValue(1 - Number.EPSILON);
  bench.pool.start();
  return { bench, mend: () => (broken = false) };
}

const eventsOf = ({ published }: Bench) => published.filter(({ type }) => type.startsWith('pool.'));
const refusal = { code: 'POOL_UNAVAILABLE', retryable: true };

describe('a pool none of whose agents can be made', () => {
  it('has leases wait for a while, then refuses them all, until an agent is there', async () => {
    const { bench, mend } = makeBrokenPool();
    const { clock, pool, lease } = bench;
    const early = lease();
    const refused = expect(early).rejects.toMatchObject({
      ...refusal,
      message: 'the pool "work" is unavailable: none of its agents can be made',
      // Tried at 0, 0.5, 1.5, 3.5 and then at 7.5 s.
      details: { capability: 'work', reason: 'no-agents', retryAfterMs: 2_500 },
    });
    await clock.advance(PATIENCE_MS - 1);
    expect(await outcomeOf(early)).toBe('pending');
    await clock.advance(1);
    await refused;
    await clock.advance(1_000);
    await expect(lease()).rejects.toMatchObject({ ...refusal, details: { retryAfterMs: 1_500 } });
    await clock.advance(1_000);
    await expect(lease()).rejects.toMatchObject({ details: { retryAfterMs: MIN_RETRY_AFTER_MS } });
    expect(pool.pool('work')).toMatchObject({
      health: 'critical',
      retryAfterMs: MIN_RETRY_AFTER_MS,
      leases: { waiting: 0 },
      refusals: { POOL_UNAVAILABLE: 3 },
    });
    mend();
    await clock.advance(500);
    await expect(lease()).resolves.toBeDefined();
    expect(pool.pool('work')).toMatchObject({ health: 'healthy', retryAfterMs: null });
    expect(eventsOf(bench)).toEqual([
      {
        type: 'pool.unavailable',
        data: {
          capability: 'work',
          reason: 'no-agents',
          retryAfterMs: 2_500,
          tasks: 0,
          failures: 0,
          usableAgents: 0,
          refused: 1,
        },
      },
      {
        type: 'pool.available',
        data: { capability: 'work', reason: 'no-agents', unavailableMs: 7_500, usableAgents: 1 },
      },
    ]);
    expect(clock.timerCount).toBe(0);
    await pool.close();
  });

  it('is told of when nobody waits, too', async () => {
    const { bench } = makeBrokenPool();
    await bench.clock.advance(PATIENCE_MS);
    expect(eventsOf(bench)).toMatchObject([{ type: 'pool.unavailable', data: { refused: 0 } }]);
    await bench.clock.advance(100_000);
    expect(eventsOf(bench)).toHaveLength(1);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('serves those who wait when an agent comes in time, and nobody hears of it', async () => {
    const { bench, mend } = makeBrokenPool();
    const waiting = bench.lease();
    await bench.clock.advance(1_000);
    mend();
    await bench.clock.advance(500);
    await expect(waiting).resolves.toBeDefined();
    expect(eventsOf(bench)).toEqual([]);
    await bench.clock.advance(PATIENCE_MS);
    expect(eventsOf(bench)).toEqual([]);
    expect(bench.clock.timerCount).toBe(0);
    await bench.pool.close();
  });

  it('is none while agents are made for the first time, however long that takes', async () => {
    const made = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) => (call === 1 ? Promise.reject(NO) : made.promise));
    const bench = makePool({ factory, size: { min: 2 }, createTimeoutMs: 60_000 });
    bench.pool.start();
    const waiting = bench.lease();
    await bench.clock.advance(50_000);
    expect(await outcomeOf(waiting)).toBe('pending');
    expect(eventsOf(bench)).toEqual([]);
    made.open(new FakeAgent());
    await expect(waiting).resolves.toBeDefined();
    await bench.pool.close();
  });

  it('is none while one of them is there, though it is busy and the others cannot be made', async () => {
    const factory = new FakeFactory((_, call) =>
      call === 1 ? Promise.resolve(new FakeAgent()) : Promise.reject(NO),
    );
    const bench = await makeReadyPool({ factory, size: { min: 2 } });
    const held = await bench.lease();
    const waiting = bench.lease();
    await bench.clock.advance(10 * PATIENCE_MS);
    expect(await outcomeOf(waiting)).toBe('pending');
    held.release(OK);
    await expect(waiting).resolves.toBeDefined();
    await bench.pool.close();
  });

  it('may become one later: the time counts from when the last agent was lost and its successor failed', async () => {
    const second = createGate<FakeAgent>();
    const factory = new FakeFactory((_, call) => {
      if (call === 1) return Promise.resolve(new FakeAgent());
      return call === 2 ? second.promise : Promise.reject(NO);
    });
    const bench = await makeReadyPool({ factory, unavailableAfterMs: PATIENCE_MS });
    (await bench.lease()).abandon(STUCK);
    const waiting = bench.lease();
    await bench.clock.advance(8_000);
    expect(await outcomeOf(waiting)).toBe('pending');
    second.fail(NO);
    await settle();
    await bench.clock.advance(PATIENCE_MS - 1);
    expect(await outcomeOf(waiting)).toBe('pending');
    await bench.clock.advance(1);
    await expect(waiting).rejects.toMatchObject(refusal);
    await bench.pool.close();
    expect(bench.clock.timerCount).toBe(0);
  });

  it('waits for nothing any more when it is closed', async () => {
    const { bench } = makeBrokenPool();
    const waiting = bench.lease();
    await settle();
    const closed = bench.pool.close();
    await expect(waiting).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    await closed;
    expect(bench.clock.timerCount).toBe(0);
    await bench.clock.advance(PATIENCE_MS);
    expect(eventsOf(bench)).toEqual([]);
  });
});

import { AgentGoneError } from './ports/agent-lost.errors.js';
import { OK, makeReadyPool, outcomeOf, settle } from './testing/make-pool.js';

const FAILED = { ok: false, durationMs: 1, agentOutcome: 'failure' } as const;
const OPEN_MS = 2_000;

describe('the end of a lease', () => {
  it('by the loss of its agent is a failure to the breaker of the pool', async () => {
    const { pool, lease } = await makeReadyPool({
      size: { min: 1 },
      concurrencyPerAgent: 3,
      breaker: { minimumTasks: 2 },
    });
    const [first] = await Promise.all([lease(), lease(), lease()]);

    // Of itself it says nothing to the breaker here; the other two are lost with it.
    first.release({ ok: false, durationMs: 1, error: new AgentGoneError('gone') });

    expect(pool.pool('work')?.breaker).toBe('open');
    await pool.close();
  });

  it('of an agent that has left is not counted as one of those that stay', async () => {
    const { pool, lease, published } = await makeReadyPool({ size: { min: 2 } });
    const held = await Promise.all([lease(), lease()]);
    pool.resize('work', { min: 1, max: 1 });
    const left = pool.agents().find(({ state }) => state === 'draining')?.agentId;

    held.find(({ agentId }) => agentId === left)?.release(OK);
    pool.drain('work');

    expect(published.at(-1)).toMatchObject({ type: 'pool.draining', data: { busy: 1 } });
    await pool.close();
  });

  it('hands no slot on while a probe is under way', async () => {
    const { pool, clock, lease } = await makeReadyPool({
      size: { min: 2 },
      breaker: { minimumTasks: 2, openMs: OPEN_MS, halfOpenProbes: 1 },
    });
    const older = await lease();
    for (let time = 0; time < 2; time++) (await lease()).release(FAILED);
    await clock.advance(OPEN_MS);
    const probe = await lease();
    const waiting = lease();

    older.release(OK);
    expect(await outcomeOf(waiting)).toBe('pending');

    probe.release(OK);
    (await waiting).release(OK);
    await settle();
    expect(pool.pool('work')).toMatchObject({ breaker: 'closed', leases: { active: 0, waiting: 0 } });
    await pool.close();
  });
});

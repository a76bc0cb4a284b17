import { AgentPool } from '../../dist/libs/agent-pool/index.js';
import { FunctionAgentFactory } from '../../dist/libs/agents/index.js';
import { SystemClock } from '../../dist/libs/core/index.js';
import { OrchestraEvents } from '../../dist/libs/events/index.js';

/** Leases taken between two looks at the clock. */
const BATCH = 1_000;

/** Tasks of different length, so that the agents of a pool come to have different records. */
const OUTCOMES = Array.from({ length: 97 }, (_, i) => ({ ok: i !== 0, durationMs: 1 + i }));

async function createPool({ agents, selection, concurrencyPerAgent }) {
  const clock = new SystemClock();
  const pool = new AgentPool(clock, new OrchestraEvents(clock));
  const factory = new FunctionAgentFactory(() => null);
  pool.add({ capability: 'work', factory, size: { min: agents }, selection, concurrencyPerAgent });
  pool.start();
  await pool.whenProvisioned();
  return pool;
}

function leaseMany(pool, count) {
  return Promise.all(Array.from({ length: count }, () => pool.lease('work')));
}

/** A pool of agents: lease and release, one after the other, while `held` other leases are out. */
export default async function leases({ held = 0, ...options }) {
  const pool = await createPool(options);
  return {
    async round(ms) {
      // A ring: for each lease that is taken, the one that has been out longest is given back.
      const ring = await leaseMany(pool, held + 1);
      const end = performance.now() + ms;
      let at = 0;
      let done = 0;
      for (; performance.now() < end; done += BATCH) {
        for (let i = 0; i < BATCH; i++) {
          ring[at].release(OUTCOMES[(done + i) % OUTCOMES.length]);
          ring[at] = await pool.lease('work');
          at = at === held ? 0 : at + 1;
        }
      }
      for (const lease of ring) lease.release(OUTCOMES[1]);
      return done;
    },
    /** How many agents of another such pool as many leases get that are asked for at once, where one could take them all. */
    async agentsOf(count) {
      const roomy = await createPool({ ...options, concurrencyPerAgent: count });
      const granted = await leaseMany(roomy, count);
      await roomy.close();
      return new Set(granted.map(({ agentId }) => agentId)).size;
    },
    close: () => pool.close(),
  };
}

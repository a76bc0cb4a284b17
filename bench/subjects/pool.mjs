import { AgentPool } from '../../dist/libs/agent-pool/index.js';
import { FunctionAgentFactory } from '../../dist/libs/agents/index.js';
import { SystemClock } from '../../dist/libs/core/index.js';
import { OrchestraEvents } from '../../dist/libs/events/index.js';

/** Leases taken between two looks at the clock. */
const BATCH = 1_000;
const OUTCOME = { ok: true, durationMs: 1 };

/** One pool of agents: lease and release, one after the other, while `held` other leases are out. */
export default async function pool({ agents, selection, held = 0, concurrencyPerAgent = 1 }) {
  const clock = new SystemClock();
  const agentPool = new AgentPool(clock, new OrchestraEvents(clock));
  const factory = new FunctionAgentFactory(() => null);
  agentPool.add({ capability: 'work', factory, size: { min: agents }, selection, concurrencyPerAgent });
  agentPool.start();
  await agentPool.whenProvisioned();

  const leaseMany = (count) => Promise.all(Array.from({ length: count }, () => agentPool.lease('work')));
  const releaseAll = (leases) => leases.forEach((lease) => lease.release(OUTCOME));

  return {
    async round(ms) {
      // A ring: the lease that has been out longest is given back for each one that is taken.
      const ring = await leaseMany(held + 1);
      ring.shift().release(OUTCOME);
      const end = performance.now() + ms;
      let done = 0;
      for (let at = 0; performance.now() < end; done += BATCH) {
        for (let i = 0; i < BATCH; i++) {
          const lease = await agentPool.lease('work');
          if (held === 0) {
            lease.release(OUTCOME);
          } else {
            ring[at].release(OUTCOME);
            ring[at] = lease;
            at = at + 1 === held ? 0 : at + 1;
          }
        }
      }
      releaseAll(ring);
      return done;
    },
    /** How many agents as many leases get that are asked for at once. */
    async agentsOf(count) {
      const leases = await leaseMany(count);
      releaseAll(leases);
      return new Set(leases.map(({ agentId }) => agentId)).size;
    },
    close: () => agentPool.close(),
  };
}

import { AgentPool } from '../../dist/libs/agent-pool/index.js';
import { FunctionAgentFactory } from '../../dist/libs/agents/index.js';
import { SystemClock } from '../../dist/libs/core/index.js';
import { OrchestraEvents } from '../../dist/libs/events/index.js';

/** Leases taken between two looks at the clock. */
const BATCH = 1_000;

/** Tasks of different length, so that the agents of a pool come to have different records. */
const OUTCOMES = Array.from({ length: 97 }, (_, i) => ({ ok: i !== 0, durationMs: 1 + i }));

/** One pool of agents: lease and release, one after the other, while `held` other leases are out. */
export default async function pool({ agents, selection, concurrencyPerAgent, held = 0 }) {
  const clock = new SystemClock();
  const agentPool = new AgentPool(clock, new OrchestraEvents(clock));
  agentPool.add({
    capability: 'work',
    factory: new FunctionAgentFactory(() => null),
    size: { min: agents },
    selection,
    concurrencyPerAgent,
  });
  agentPool.start();
  await agentPool.whenProvisioned();

  const leaseMany = (count) => Promise.all(Array.from({ length: count }, () => agentPool.lease('work')));
  const releaseAll = (leases) => leases.forEach((lease, i) => lease.release(OUTCOMES[i % OUTCOMES.length]));

  return {
    async round(ms) {
      // A ring: for each lease that is taken, the one that has been out longest is given back.
      const ring = await leaseMany(held + 1);
      const end = performance.now() + ms;
      let at = 0;
      let done = 0;
      for (; performance.now() < end; done += BATCH) {
        for (let i = 0; i < BATCH; i++) {
          ring[at].release(OUTCOMES[(done + i) % OUTCOMES.length]);
          ring[at] = await agentPool.lease('work');
          at = at === held ? 0 : at + 1;
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

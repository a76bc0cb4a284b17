/** How many leases a second a pool of 50 agents grants and takes back, by each way to select an agent. */
import { profile, quick } from './harness/options.mjs';
import { profileRounds } from './harness/profile.mjs';
import { report } from './harness/report.mjs';
import { interleave } from './harness/rounds.mjs';
import { closeAll, startSubjects } from './harness/subject.mjs';

const AGENTS = 50;
/** Tasks of one agent at once. */
const CONCURRENCY = 4;
const AT_ONCE = 10;
const LIMITS = {
  'round-robin': 300_000,
  'least-loaded': 300_000,
  'performance-based': 200_000,
  'resource-aware': 200_000,
};

const plan = quick
  ? { rounds: 2, warmUpRounds: 1, roundMs: 50 }
  : { rounds: 7, warmUpRounds: 2, roundMs: 500 };

const free = (selection) => `${selection}, all slots free`;
const half = (selection) => `${selection}, half of them taken`;
const POOLS = { ...poolsOf(free, 0), ...poolsOf(half, (AGENTS * CONCURRENCY) / 2) };

/** A pool for each way to select, while so many of its slots are taken. */
function poolsOf(nameOf, held) {
  const options = { agents: AGENTS, concurrencyPerAgent: CONCURRENCY, held };
  return Object.fromEntries(
    Object.keys(LIMITS).map((selection) => [nameOf(selection), ['pool', { ...options, selection }]]),
  );
}

async function compare() {
  const pools = await startSubjects(POOLS);
  const results = await interleave(pools, plan);
  const spread = {};
  for (const selection of Object.keys(LIMITS)) {
    spread[selection] = await pools[free(selection)].call('agentsOf', AT_ONCE);
  }
  await closeAll(pools);
  report(
    `Lease and release on a pool of ${AGENTS} agents, ${CONCURRENCY} tasks each`,
    [
      ...Object.entries(results).map(([what, rounds]) => ({
        what,
        unit: '/s',
        values: rounds.map(({ perSecond }) => perSecond),
        atLeast: LIMITS[POOLS[what][1].selection],
      })),
      ...Object.entries(spread).map(([selection, agents]) => ({
        what: `${selection}, ${AT_ONCE} at once`,
        unit: 'agents',
        values: [agents],
        atLeast: AT_ONCE,
      })),
    ],
    { quick },
  );
}

await (profile ? profileRounds(POOLS, plan) : compare());

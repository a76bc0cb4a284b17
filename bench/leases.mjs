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

const options = (selection) => ({ agents: AGENTS, concurrencyPerAgent: CONCURRENCY, selection });
const POOLS = {
  ...table((selection) => `${selection}, all slots free`, options),
  ...table(
    (selection) => `${selection}, half of them taken`,
    (selection) => ({ ...options(selection), held: (AGENTS * CONCURRENCY) / 2 }),
  ),
};
/** Where one agent could take them all. */
const ROOMY = table(
  (selection) => selection,
  (selection) => ({ ...options(selection), concurrencyPerAgent: AT_ONCE }),
);

/** A subject for each way to select. */
function table(nameOf, optionsOf) {
  return Object.fromEntries(
    Object.keys(LIMITS).map((selection) => [nameOf(selection), ['pool', optionsOf(selection)]]),
  );
}

async function compare() {
  const pools = await startSubjects(POOLS);
  const results = await interleave(pools, plan);
  await closeAll(pools);
  report(
    `Lease and release on a pool of ${AGENTS} agents, ${CONCURRENCY} tasks each`,
    Object.entries(results).map(([what, rounds]) => ({
      what,
      unit: '/s',
      values: rounds.map(({ perSecond }) => perSecond),
      atLeast: LIMITS[POOLS[what][1].selection],
    })),
    { quick },
  );
}

async function spread() {
  const pools = await startSubjects(ROOMY);
  const rows = [];
  for (const [what, pool] of Object.entries(pools)) {
    rows.push({ what, unit: 'agents', values: [await pool.call('agentsOf', AT_ONCE)], atLeast: AT_ONCE });
  }
  await closeAll(pools);
  report(`Agents that ${AT_ONCE} leases asked for at once get, ${AT_ONCE} tasks an agent`, rows, { quick });
}

if (profile) {
  await profileRounds(POOLS, plan);
} else {
  await compare();
  await spread();
}

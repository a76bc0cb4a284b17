/** How many leases a second a pool of 50 agents grants and takes back, by each way to select an agent. */
import { profile, quick } from './harness/options.mjs';
import { profileRounds } from './harness/profile.mjs';
import { report } from './harness/report.mjs';
import { interleave } from './harness/rounds.mjs';
import { closeAll, startSubjects } from './harness/subject.mjs';

const AGENTS = 50;
const AT_ONCE = 10;
const LIMITS = {
  'round-robin': 300_000,
  'least-loaded': 300_000,
  'performance-based': 200_000,
  'resource-aware': 200_000,
};
const selections = Object.keys(LIMITS);

const plan = quick
  ? { rounds: 2, warmUpRounds: 1, roundMs: 50 }
  : { rounds: 7, warmUpRounds: 2, roundMs: 500 };

const idle = (selection) => `${selection}, all ${AGENTS} free`;
const halfBusy = (selection) => `${selection}, half of them busy`;
const POOLS = Object.fromEntries(
  selections.flatMap((selection) => [
    [idle(selection), ['pool', { agents: AGENTS, selection }]],
    [halfBusy(selection), ['pool', { agents: AGENTS, selection, held: AGENTS / 2 }]],
  ]),
);
/** Where one agent could take them all. */
const ROOMY = Object.fromEntries(
  selections.map((selection) => [
    selection,
    ['pool', { agents: AGENTS, selection, concurrencyPerAgent: AT_ONCE }],
  ]),
);

async function compare() {
  const pools = await startSubjects(POOLS);
  const results = await interleave(pools, plan);
  await closeAll(pools);
  const limits = Object.fromEntries(
    selections.flatMap((selection) => [idle, halfBusy].map((name) => [name(selection), LIMITS[selection]])),
  );
  report(
    `Lease and release on a pool of ${AGENTS} agents`,
    Object.entries(results).map(([what, rounds]) => ({
      what,
      unit: '/s',
      values: rounds.map(({ perSecond }) => perSecond),
      atLeast: limits[what],
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

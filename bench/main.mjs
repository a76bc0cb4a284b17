/** `npm run bench -- [--quick] [--profile] [script...]`; see README.md. */
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { flags, names } from './harness/options.mjs';

const SCRIPTS = ['executions', 'latency', 'leases', 'draining', 'memory', 'http', 'durable', 'scaling'];
/** Of what works in processes of its own, which a profiler can watch without what measures them. */
const PROFILED = ['executions', 'leases', 'http', 'durable'];
const here = fileURLToPath(new URL('.', import.meta.url));

const known = flags.profile ? PROFILED : SCRIPTS;
const unknown = names.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  const what = flags.profile ? 'Nothing to profile' : 'No such benchmark';
  console.error(`${what}: ${unknown.join(', ')}. There are ${known.join(', ')}.`);
  process.exit(2);
}

installPeers();
await import('../scripts/build-if-stale.mjs');
if (process.exitCode) process.exit();

console.log(`Node ${process.version}, ${describeMachine()}`);

const options = Object.keys(flags)
  .filter((flag) => flags[flag])
  .map((flag) => `--${flag}`);
const failed = (names.length > 0 ? names : known).filter((name) => {
  const args = [`${here}${name}.mjs`, ...options];
  return spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0;
});
if (failed.length > 0) {
  console.error(`\nFailed, or missed a limit: ${failed.join(', ')}`);
  process.exitCode = 1;
}

/** With what others make it do: a load above the number of its CPUs before we begin is time that we will wait. */
function describeMachine() {
  const all = cpus();
  return `${all.length} x ${all[0]?.model.trim() ?? 'CPU'}, load ${loadavg()[0].toFixed(1)} before the start`;
}

/** What users never install lives in a project of its own; npm leaves a copy of the lock beside what it installed. */
function installPeers() {
  const installedAt = statSync(`${here}node_modules/.package-lock.json`, { throwIfNoEntry: false })?.mtimeMs;
  if (installedAt !== undefined && installedAt >= statSync(`${here}package-lock.json`).mtimeMs) return;
  console.error('Installing the peers of the benchmarks');
  const { status } = spawnSync('npm', ['ci'], {
    cwd: here,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(1);
}

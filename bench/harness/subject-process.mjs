/** The process of one subject: does what `subject.mjs` asks for. */
import { startProfile } from './profiler.mjs';

const [name, options] = process.argv.slice(2);
const { default: make } = await import(`../subjects/${name}.mjs`);
const subject = await make(JSON.parse(options));
let stopProfile;

const methods = {
  ...subject,
  cpuMs,
  timedRound,
  async startProfile() {
    stopProfile = await startProfile(name);
  },
  stopProfile: () => stopProfile(),
  async close() {
    await subject.close();
    process.exit();
  },
};

/** CPU time that the process has used up so far. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

async function timedRound(ms) {
  globalThis.gc();
  const cpuBefore = cpuMs();
  const begun = performance.now();
  const done = await subject.round(ms);
  return { done, wallMs: performance.now() - begun, cpuMs: cpuMs() - cpuBefore };
}

process.on('message', async ({ method, args }) => process.send({ value: await methods[method](...args) }));
// Who asked has gone.
process.on('disconnect', () => process.exit());
process.send({ value: 'ready' });

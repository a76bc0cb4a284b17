/** The process of one subject: does what `subject.mjs` asks for. */
import { recordProfile } from './profile.mjs';

const [name, options] = process.argv.slice(2);
const { default: make } = await import(`../subjects/${name}.mjs`);
const subject = await make(JSON.parse(options));

async function timed(ms) {
  globalThis.gc();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const done = await subject.round(ms);
  const wallMs = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  return { done, wallMs, cpuMs: (user + system) / 1_000 };
}

process.on('message', async ({ round, profile, close }) => {
  if (round !== undefined) process.send(await timed(round));
  if (profile !== undefined) process.send({ file: await recordProfile(name, () => subject.round(profile)) });
  if (close) {
    await subject.close();
    process.disconnect();
  }
});
// Who asked has gone.
process.on('disconnect', () => process.exit());
process.send({ ready: true });

import { mkdtempSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const SAMPLE_US = 200;

/**
 * Has the profiler of V8 watch this process.
 * @returns what ends that, and gives the file of the profile, which the developer tools of a browser open.
 */
export async function startProfile(name) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  await session.post('Profiler.start');
  return async () => {
    const { profile } = await session.post('Profiler.stop');
    session.disconnect();
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'bench-profile-')), `${name}.cpuprofile`);
    writeFileSync(file, JSON.stringify(profile));
    return file;
  };
}

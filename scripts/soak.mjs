/** `npm run soak -- --minutes 60 [--seed 31]`: test/durable/soak.spec.ts for as long as one likes. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '3' }, seed: { type: 'string', default: '31' } },
});
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isInteger(seed)) {
  console.error('usage: npm run soak -- [--minutes 3] [--seed 31]');
  process.exit(2);
}

const { status } = spawnSync(
  process.execPath,
  [createRequire(import.meta.url).resolve('jest/bin/jest'), '--runInBand', 'test/durable/soak.spec.ts'],
  {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, REQUIRE_REDIS: '1', SOAK_MS: String(minutes * 60_000), SOAK_SEED: String(seed) },
    stdio: 'inherit',
  },
);
process.exitCode = status ?? 1;

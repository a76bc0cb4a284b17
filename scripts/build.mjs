/** Compiles libs/ and src/ into an empty dist/, so that nothing stale survives. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, utimesSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const startedAt = new Date();

rmSync(`${root}/dist`, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  // tsc reports on stdout; stderr keeps `npm pack --json` and the like parseable.
  stdio: ['ignore', 2, 2],
});

// build-if-stale.mjs compares with this file: an edit made while tsc ran must count as newer.
const main = `${root}/dist/src/main.js`;
if (status === 0 && existsSync(main)) utimesSync(main, startedAt, startedAt);
// npm makes the commands of an installed package executable; here it links to what tsc wrote.
if (status === 0) chmodSync(`${root}/dist/src/cli/main.js`, 0o755);
process.exitCode = status ?? 1;

import { spawnSync } from 'node:child_process';
import path from 'node:path';

/** Longest that one command may take; a program that does not end by itself is a fault of ours. */
const TIMEOUT_MS = 120_000;

/** Runs a command and gives its stdout. @throws with all it said when it fails. */
export function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    timeout: TIMEOUT_MS,
  });
  const what = [path.basename(command), ...args].join(' ');
  if (error) throw new Error(`${what}: ${error.message}\n${stdout}${stderr}`, { cause: error });
  if (status !== 0) throw new Error(`${what} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

/** Makes node_modules what package.json says. */
export function npmInstall(cwd) {
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund'], cwd);
}

/** Packs the package into `folder`. */
export function npmPack(root, folder) {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root);
  const [{ filename, files }] = JSON.parse(packed);
  return { tarball: path.join(folder, filename), files: files.map((file) => file.path) };
}

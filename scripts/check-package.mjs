/**
 * Packs the package, installs the tarball in an empty project and loads every sub-path of `exports`
 * as a user would: ES import, require() and TypeScript. First with the required peers alone, then with all.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Sub-paths that must load without any optional peer. */
const standalone = ['core', 'events', 'queue', 'state', 'agent-pool', 'dispatch'];

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = readJson(path.join(root, 'package.json'));
const specifiers = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => path.posix.join(manifest.name, key));

const installedVersion = (name) => readJson(path.join(root, 'node_modules', name, 'package.json')).version;
const pinned = (names) => names.map((name) => `${name}@${installedVersion(name)}`);
const isOptional = (name) => manifest.peerDependenciesMeta?.[name]?.optional === true;
const peers = Object.keys(manifest.peerDependencies);

function run(command, args, cwd, { quiet = false } = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(
      `${[path.basename(command), ...args].join(' ')} ended with ${status}\n${stdout}${stderr}`,
    );
  }
  if (!quiet) process.stdout.write(stdout);
  return stdout;
}

const npmInstall = (cwd, packages) =>
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...packages], cwd, { quiet: true });

/** Source of a program that loads every specifier, one line each, and fails when one fails or exports nothing. */
const loader = (label, load, names) => `
const main = async () => {
  for (const name of ${JSON.stringify(names)}) {
    try {
      const count = Object.keys(${load}).length;
      if (count === 0) throw new Error('exports nothing');
      console.log('ok ${label} ' + name + ' (' + count + ' exports)');
    } catch (error) {
      process.exitCode = 1;
      console.log('FAILED ${label} ' + name + ': ' + (error.stack ?? error));
    }
  }
};
main();
`;

function load(cwd, label, names) {
  writeFileSync(path.join(cwd, 'load.mjs'), loader(`import (${label})`, 'await import(name)', names));
  writeFileSync(path.join(cwd, 'load.cjs'), loader(`require (${label})`, 'require(name)', names));
  run(process.execPath, ['load.mjs'], cwd);
  run(process.execPath, ['load.cjs'], cwd);
}

function compile(cwd) {
  const options = { module: 'nodenext', target: 'es2023', strict: true, noEmit: true, types: [] };
  writeFileSync(
    path.join(cwd, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: { ...options, skipLibCheck: true }, files: ['use.ts'] }),
  );
  const uses = specifiers.map(
    (name, i) => `import * as lib${i} from '${name}';\nexport const n${i} = lib${i};\n`,
  );
  writeFileSync(path.join(cwd, 'use.ts'), uses.join(''));
  run(process.execPath, [createRequire(import.meta.url).resolve('typescript/bin/tsc'), '-p', '.'], cwd);
  for (const name of specifiers) console.log(`ok types ${name}`);
}

/** The command of the package, as npm links it. */
function checkCommand(cwd) {
  const version = run('npx', ['--no-install', 'orchestra', '--version'], cwd, { quiet: true }).trim();
  if (version !== manifest.version) throw new Error(`orchestra --version says ${version}`);
  console.log(`ok npx orchestra ${version}`);
}

const folder = mkdtempSync(path.join(tmpdir(), 'nest-orchestra-package-'));
try {
  const packed = run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], root, {
    quiet: true,
  });
  const [{ filename, files }] = JSON.parse(packed);
  const strays = files.filter(({ path: file }) => /\.spec\.|^dist\/(test|bench|examples)\//.test(file));
  if (strays.length > 0) throw new Error(`Not for users: ${strays.map((file) => file.path).join(', ')}`);
  console.log(`ok pack (${files.length} files)`);

  writeFileSync(
    path.join(folder, 'package.json'),
    // The overrides keep the install to versions that npm has in its cache already.
    JSON.stringify({ name: 'user', private: true, type: 'module', overrides: manifest.overrides }),
  );
  npmInstall(folder, [`./${filename}`, ...pinned(peers.filter((name) => !isOptional(name)))]);
  load(
    folder,
    'required peers',
    standalone.map((lib) => `${manifest.name}/${lib}`),
  );
  checkCommand(folder);
  npmInstall(folder, pinned(peers.filter(isOptional)));
  load(folder, 'all peers', specifiers);
  compile(folder);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

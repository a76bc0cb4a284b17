/**
 * Packs the package, installs the tarball in a project with nothing but the peers of one row of the table after another, and
 * boots what that row is for, as a user would: by import() and by require(), or the command by npx. Then compiles all
 * sub-paths with all peers.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './package-check/commands.mjs';
import { npmInstall, npmPack, run } from './package-check/npm.mjs';
import { USES, rowsIn, tableRows } from './package-check/peers.mjs';
import { checkTypes } from './package-check/types.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
const manifest = readJson(path.join(root, 'package.json'));
const specifiers = Object.keys(manifest.exports)
  .filter((key) => key !== './package.json')
  .map((key) => path.posix.join(manifest.name, key));

const peers = Object.keys(manifest.peerDependencies);
const isOptional = (name) => manifest.peerDependenciesMeta?.[name]?.optional === true;
const installedVersion = (name) => readJson(path.join(root, 'node_modules', name, 'package.json')).version;

/** Every sub-path is in the table, every package of it an optional peer, and the documents say the same. */
function checkTable() {
  const listed = new Set(USES.flatMap(({ paths = [] }) => paths.map((each) => `${manifest.name}${each}`)));
  const missing = specifiers.filter((name) => !listed.has(name));
  if (missing.length > 0) throw new Error(`package-check/peers.mjs has no row for ${missing.join(', ')}`);
  const strange = USES.flatMap((use) => use.peers).filter((name) => !isOptional(name));
  if (strange.length > 0) throw new Error(`no optional peer: ${strange.join(', ')}`);
  const expected = tableRows(manifest.name);
  for (const name of ['README.md', 'docs/embedding.md']) {
    const rows = rowsIn(readFileSync(path.join(root, name), 'utf8'), manifest.name);
    if (rows.length === 0 && name === 'README.md') continue;
    if (JSON.stringify(rows) !== JSON.stringify(expected)) {
      const table = expected.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
      throw new Error(`${name}: the table of peers is not that of package-check/peers.mjs:\n${table}`);
    }
  }
}

function checkFiles(files) {
  const strays = files.filter((file) => /\.spec\.|^dist\/(test|bench|examples)\//.test(file));
  if (strays.length > 0) throw new Error(`Not for users: ${strays.join(', ')}`);
}

/** Rows of the same peers share an install. */
function installs() {
  const byPeers = new Map();
  for (const { peers: needed, programs = [], check } of USES) {
    const key = needed.join(' ');
    const install = byPeers.get(key) ?? { peers: needed, programs: [], checks: [] };
    install.programs.push(...programs);
    if (check !== undefined) install.checks.push(check);
    byPeers.set(key, install);
  }
  return [...byPeers.values()];
}

const folder = mkdtempSync(path.join(tmpdir(), 'nest-orchestra-package-'));

/** Makes the project one of a user who has installed the package and those beside it; npm removes what is left of others. */
function install(tarball, names) {
  const versions = Object.fromEntries(names.map((name) => [name, installedVersion(name)]));
  const project = {
    private: true,
    type: 'module',
    dependencies: { [manifest.name]: `file:${tarball}`, ...versions },
    // They keep the install to versions that npm has in its cache already.
    overrides: manifest.overrides,
  };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project));
  npmInstall(folder);
}

/** What is there by chance would hide that it is needed. */
function checkAbsent(names) {
  const present = names.filter((name) => existsSync(path.join(folder, 'node_modules', name)));
  if (present.length > 0) throw new Error(`installed without being asked for: ${present.join(', ')}`);
}

function boot(programs) {
  if (programs.length === 0) return;
  for (const runner of ['runner.mjs', 'runner.cjs']) {
    process.stdout.write(run(process.execPath, [`check/${runner}`, ...programs], folder));
  }
}

try {
  checkTable();
  const { tarball, files } = npmPack(root, folder);
  checkFiles(files);
  console.log(`ok pack (${files.length} files)`);

  cpSync(path.join(root, 'scripts/package-check'), path.join(folder, 'check'), { recursive: true });
  const required = peers.filter((name) => !isOptional(name));
  for (const { peers: needed, programs, checks } of installs()) {
    install(tarball, [...required, ...needed]);
    checkAbsent(USES.flatMap((use) => use.peers).filter((name) => !needed.includes(name)));
    console.log(`with ${needed.join(', ') || 'the required peers alone'}:`);
    boot(programs);
    for (const name of checks) await COMMANDS[name](folder, manifest.version);
  }
  install(tarball, peers);
  checkTypes(folder, specifiers);
  for (const name of specifiers) console.log(`ok types ${name}`);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

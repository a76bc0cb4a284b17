/** Builds when dist/ is missing or older than what it is built from; says nothing when fresh. */
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const modifiedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** First path under `folder` newer than `builtAt`; folders count too, since a removed file touches only them. */
function newerIn(folder, builtAt) {
  if ((modifiedAt(folder) ?? 0) > builtAt) return folder;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      const newer = newerIn(path, builtAt);
      if (newer !== undefined) return newer;
    } else if (!entry.name.endsWith('.spec.ts') && (modifiedAt(path) ?? 0) > builtAt) {
      return path;
    }
  }
  return undefined;
}

function staleBecause() {
  const builtAt = modifiedAt(`${root}dist/src/main.js`);
  if (builtAt === undefined) return 'dist/src/main.js is missing';
  const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json'].map((name) => `${root}${name}`);
  const folders = ['libs', 'src'].map((name) => `${root}${name}`).filter((path) => modifiedAt(path));
  const newer =
    files.find((path) => (modifiedAt(path) ?? 0) > builtAt) ??
    folders.map((path) => newerIn(path, builtAt)).find((path) => path !== undefined);
  return newer && `${newer.slice(root.length)} is newer than dist`;
}

const reason = staleBecause();
if (reason !== undefined) {
  console.error(`Building: ${reason}`);
  await import('./build.mjs');
}

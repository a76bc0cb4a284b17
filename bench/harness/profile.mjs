import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSubject } from './subject.mjs';
import { formatTable } from './table.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Prints where the time of a profile went, without what was called from there: by folder or package, and by function. */
export function printProfile(title, file, { functions = 40 } = {}) {
  const samples = selfTimes(JSON.parse(readFileSync(file, 'utf8')));
  const busy = samples.filter(({ frame }) => frame.functionName !== '(idle)');
  const total = busy.reduce((sum, { us }) => sum + us, 0);
  const rows = (keyOf) =>
    [...sumBy(busy, keyOf)]
      .sort(([, a], [, b]) => b - a)
      .map(([key, us]) => [
        `${((us / total) * 100).toFixed(1)} %`,
        (us / 1_000).toFixed(0),
        ...key.split('\n'),
      ]);
  console.log(`\n## ${title}\n\n${file}\n`);
  console.log(
    formatTable(
      ['self', 'ms', 'where'],
      rows(({ frame }) => folderOf(frame)),
    ).join('\n'),
  );
  const byFunction = rows(({ frame }) => `${frame.functionName || '(anonymous)'}\n${placeOf(frame)}`);
  console.log(
    `\n${formatTable(['self', 'ms', 'function', 'at'], byFunction.slice(0, functions)).join('\n')}`,
  );
}

function selfTimes({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  return samples.map((id, i) => ({ frame: frames.get(id), us: timeDeltas[i + 1] ?? 0 }));
}

function sumBy(samples, keyOf) {
  const sums = new Map();
  for (const sample of samples) {
    const key = keyOf(sample);
    sums.set(key, (sums.get(key) ?? 0) + sample.us);
  }
  return sums;
}

function fileOf({ url }) {
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return file.startsWith(ROOT) ? file.slice(ROOT.length) : file;
}

/** `dist/libs/dispatch/runner`, `zod`, `node:internal`, `(garbage collector)`. */
function folderOf(frame) {
  const file = fileOf(frame);
  if (file === '') return frame.functionName.startsWith('(') ? frame.functionName : '(built in)';
  if (file.startsWith('node:')) return file.split('/')[0];
  const [, inPackage] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file) ?? [];
  return inPackage ?? path.dirname(file);
}

function placeOf(frame) {
  return frame.url === '' ? '' : `${fileOf(frame)}:${frame.lineNumber + 1}`;
}

/** Prints the profile of some rounds of each of them, in turn. */
export async function profileRounds(table, { warmUpRounds, roundMs }) {
  for (const [what, [name, options]] of Object.entries(table)) {
    const subject = await startSubject(name, options);
    for (let i = 0; i < warmUpRounds; i++) await subject.round(roundMs);
    printProfile(what, await subject.profiled(() => subject.round(roundMs * 3)));
    await subject.close();
  }
}

/**
 * Facts about one text file.
 *
 * @param {{ input: { path: string, text: string } }} task
 */
export default function analyseFile({ input: { path, text } }) {
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
  return {
    path,
    lines: text === '' ? 0 : text.replace(/\n$/, '').split('\n').length,
    words: words.length,
    bytes: Buffer.byteLength(text),
    frequentWords: frequent(words),
    ...(path.endsWith('.md') ? { headings: headings(text) } : {}),
    ...(path.endsWith('.json') ? { manifest: manifest(text) } : {}),
  };
}

const FREQUENT_WORDS = 5;
const SHORTEST_WORD = 5;

function frequent(words) {
  const counts = new Map();
  for (const word of words) {
    const key = word.toLowerCase();
    if (key.length >= SHORTEST_WORD) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
    .slice(0, FREQUENT_WORDS)
    .map(([word, count]) => ({ word, count }));
}

/** ATX headings outside fenced code. */
function headings(text) {
  let fenced = false;
  return text.split('\n').flatMap((line) => {
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    const match = fenced ? null : /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    return match === null ? [] : [{ level: match[1].length, title: match[2] }];
  });
}

function manifest(text) {
  const {
    name,
    version,
    description,
    dependencies = {},
    devDependencies = {},
    scripts = {},
  } = JSON.parse(text);
  return {
    name,
    version,
    description,
    dependencies: Object.keys(dependencies).length,
    devDependencies: Object.keys(devDependencies).length,
    scripts: Object.keys(scripts),
  };
}

/**
 * A Markdown report from the listing of a folder and the analyses of its files.
 *
 * @param {{ input: { listing: string, analyses: object[] } }} task
 */
export default function writeBrief({ input: { listing, analyses } }) {
  const entries = listing.split('\n').filter((line) => line.startsWith('['));
  const folders = entries.filter((line) => line.startsWith('[DIR]')).length;
  const { manifest } = analyses.find((analysis) => analysis.manifest !== undefined) ?? {};
  const title = manifest === undefined ? 'Repository brief' : `${manifest.name} ${manifest.version}`;
  const lines = [
    `# ${title}`,
    '',
    ...(manifest?.description === undefined ? [] : [manifest.description, '']),
    `${folders} folders and ${entries.length - folders} files at the top.`,
    '',
    '| file | lines | words | bytes | frequent words |',
    '|---|---:|---:|---:|---|',
    ...analyses.map(
      ({ path, lines: count, words, bytes, frequentWords }) =>
        `| ${path} | ${count} | ${words} | ${bytes} | ${frequentWords.map(({ word }) => word).join(', ')} |`,
    ),
    '',
    ...(manifest === undefined
      ? []
      : [
          `${manifest.dependencies} dependencies, ${manifest.devDependencies} for development; scripts: ${manifest.scripts.join(', ')}.`,
          '',
        ]),
    ...analyses.flatMap(({ path, headings = [] }) => outline(path, headings)),
  ];
  const report = `${lines.join('\n').trimEnd()}\n`;
  return { report, words: analyses.reduce((sum, { words }) => sum + words, 0) };
}

function outline(path, headings) {
  if (headings.length === 0) return [];
  return [
    `## Outline of ${path}`,
    '',
    ...headings.map(({ level, title }) => `${'  '.repeat(level - 1)}- ${title}`),
    '',
  ];
}

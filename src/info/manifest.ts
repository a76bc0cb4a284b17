import { readFileSync } from 'node:fs';

/** What the package says of itself. Read beside the build, where it lies in the repository and in an installed package alike. */
export function readManifest(): { name: string; version: string } {
  const file = new URL('../../../package.json', import.meta.url);
  const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as { name: string; version: string };
  return { name, version };
}

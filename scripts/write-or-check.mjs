/** Writes a generated page of docs/; with `--check` it compares instead, and fails when they differ. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function writeOrCheck(name, text) {
  const target = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  if (!process.argv.includes('--check')) {
    writeFileSync(target, text);
  } else if (readFileSync(target, 'utf8') !== text) {
    console.error(`docs/${name} is not what the code says: run npm run docs`);
    process.exitCode = 1;
  }
}

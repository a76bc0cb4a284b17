import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { messageOf } from '#core';
import type { Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import { printable } from '../text/printable.js';
import { TEMPLATES } from './templates.js';

/** @throws {CliError} when a file is there already, unless `force` is set; then nothing is written. */
export async function init(cli: Cli, folder: string, { force }: { force: boolean }): Promise<void> {
  const root = resolve(cli.cwd, folder);
  const names = Object.keys(TEMPLATES);
  const there = force ? [] : names.filter((name) => existsSync(join(root, name)));
  if (there.length > 0) {
    const files = there.map((name) => `- ${join(folder, name)}`);
    throw new CliError(`there is something already, which --force would overwrite:\n${files.join('\n')}`);
  }
  for (const [name, text] of Object.entries(TEMPLATES)) await write(join(root, name), text, force);
  cli.stdout.write(`${names.map((name) => printable(join(folder, name))).join('\n')}\n`);
  const where = folder === '.' ? '' : `cd ${printable(folder)} && `;
  cli.stderr.write(`next: ${where}orchestra run workflows/hello.yaml\n`);
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    // What came into being since we looked is not ours either.
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

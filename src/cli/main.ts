#!/usr/bin/env node
import { readManifest } from '../info/manifest.js';
import type { Cli } from './cli.js';
import { Interrupts } from './interrupts.js';
import { runCli } from './run-cli.js';

/** The process of the command line. */
const exit = (code: number): never => process.exit(code);

const interrupts = new Interrupts(exit);

/** `| head` has read enough. */
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') interrupts.interrupted('SIGPIPE');
    else exit(1);
  });
}

const cli: Cli = {
  version: readManifest().version,
  env: process.env,
  cwd: process.cwd(),
  stdin: process.stdin as AsyncIterable<Buffer>,
  stdout: process.stdout,
  stderr: process.stderr,
  interrupts,
  exit,
  exitCode: 0,
};

const code = await runCli(process.argv.slice(2), cli);

/** Resolves when what was written is out, or nobody takes it. */
const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

if (code !== null) {
  await Promise.all([written(process.stdout), written(process.stderr)]);
  // An agent module may have left a timer behind.
  exit(code);
}

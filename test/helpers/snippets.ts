import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from '@swc/core';
import { ROOT } from './service.js';

const run = promisify(execFile);

/** A fenced block of a document. */
export interface Snippet {
  /** Where it stands: `README.md:33`. */
  name: string;
  /** The `##` heading that it stands under. */
  heading: string;
  language: string;
  text: string;
  /** The block right after it, where there is one. */
  next?: Snippet;
}

/** The fenced blocks of a document of the repository, in order. */
export function snippetsOf(file: string): Snippet[] {
  const markdown = readFileSync(join(ROOT, file), 'utf8');
  const found = [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  const snippets = found.map(({ index, 1: language = '', 2: text = '' }): Snippet => {
    const line = markdown.slice(0, index).split('\n').length;
    const [, heading = ''] =
      /^## (.*)$/m.exec(markdown.slice(markdown.lastIndexOf('\n## ', index) + 1)) ?? [];
    return { name: `${file}:${line}`, heading, language, text };
  });
  for (const [place, snippet] of snippets.entries()) snippet.next = snippets[place + 1];
  return snippets;
}

/** Without what differs from run to run: ids, times, and the widths of what follows them. */
export function comparable(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d+(\.\d)? m?s\b/g, 'DURATION')
    .replaceAll(/ {2,}/g, '  ');
}

/** Runs TypeScript as a module of its own and gives what it prints. @throws when it fails. */
export async function runSnippet(name: string, text: string): Promise<{ stdout: string; stderr: string }> {
  // Inside the repository, so that the package resolves itself by its name.
  const folder = join(ROOT, 'var/snippets');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name.replaceAll(/\W/g, '-')}.mjs`);
  const { code } = transformSync(text, {
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'es6' },
  });
  writeFileSync(file, code);
  try {
    return await run(process.execPath, [file], { cwd: folder, timeout: 20_000 });
  } finally {
    rmSync(file);
  }
}

/** What a snippet says that it prints, in the comments behind its `console.log`. */
export function promisedLines(text: string): (string | undefined)[] {
  return [...text.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, output]) => output);
}

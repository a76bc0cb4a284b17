import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './service.js';

/** A fenced block of a document. */
export interface Snippet {
  /** Where it stands: `README.md:33`. */
  name: string;
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
    return { name: `${file}:${line}`, language, text };
  });
  for (const [place, snippet] of snippets.entries()) snippet.next = snippets[place + 1];
  return snippets;
}

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isPlainObject, messageOf, parsePath, type Problem } from '#core';
import { configSchema } from '../../config/config.schema.js';
import { YamlSource, type Position } from '../../yaml/yaml-source.js';
import type { Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import { printable } from '../text/printable.js';

/** What a file is, by its keys. */
export type DocumentKind = 'workflow' | 'request' | 'configuration';

/** Largest file that is read; a workflow of a thousand steps has a tenth of it. */
const MAX_FILE_BYTES = 16 * 1_048_576;

const STDIN = '-';

const CONFIG_KEYS = Object.keys(configSchema.shape);

/** A file that was named on the command line, or stdin: what it says, and where it says it. */
export class DocumentFile {
  /** As it was named. */
  readonly name: string;
  readonly text: string;
  readonly #source: YamlSource;

  constructor(name: string, text: string) {
    this.name = name;
    this.text = text;
    this.#source = new YamlSource(text);
  }

  /** What keeps it from being read, as lines to show; none when it is sound. */
  get syntaxProblems(): string[] {
    return this.#source.problems.map(({ at, message }) => this.#line(at, message));
  }

  get value(): unknown {
    return this.#source.value;
  }

  /** Undefined when the keys are those of nothing. */
  get kind(): DocumentKind | undefined {
    const { value } = this.#source;
    if (!isPlainObject(value)) return undefined;
    if ('workflow' in value) return 'request';
    if ('steps' in value) return 'workflow';
    if (CONFIG_KEYS.some((key) => key in value)) return 'configuration';
    return 'id' in value ? 'workflow' : undefined;
  }

  /** The problem with its place: `file:line:column path message`. A missing key is told where it is missing. */
  locate({ path, message }: Problem): string {
    const at = this.#source.positionOf(parsePath(path));
    return this.#line(at, path === '' ? message : `${path} ${message}`);
  }

  #line(at: Position | null, text: string): string {
    const place = at === null ? '' : `:${at.line}:${at.column}`;
    return printable(`${this.name}${place} ${text}`);
  }
}

/** @throws {CliError} when there is nothing that could be read. */
export async function readDocument(cli: Cli, name: string): Promise<DocumentFile> {
  return new DocumentFile(name === STDIN ? '<stdin>' : name, await readText(cli, name));
}

async function readText(cli: Cli, name: string): Promise<string> {
  if (name !== STDIN) return readTextFile(cli, name);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of cli.stdin) {
    bytes += chunk.length;
    if (bytes > MAX_FILE_BYTES) throw new CliError(`stdin has more than ${MAX_FILE_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** @throws {CliError} */
export async function readTextFile(cli: Cli, name: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(resolve(cli.cwd, name));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code ?? messageOf(error)}`;
    throw new CliError(`${name}: ${why}`, { cause: error });
  }
  if (bytes.length > MAX_FILE_BYTES) throw new CliError(`${name} has more than ${MAX_FILE_BYTES} bytes`);
  return bytes.toString('utf8');
}

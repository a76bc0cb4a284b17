import { isPlainObject } from '#core';
import type { Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { RequestOptions } from '../commands/options.js';
import { DocumentFile, readDocument, readTextFile } from './document-file.js';

/** A request for an execution, as `POST /v1/executions` takes it, and the file it comes from. */
export interface ExecutionRequest {
  file: DocumentFile;
  body: Record<string, unknown>;
}

/**
 * The request that a file and the options over it make. A workflow becomes a request for itself.
 * @throws {CliError} when the file cannot be read or is neither.
 */
export async function readRequest(
  cli: Cli,
  name: string,
  options: RequestOptions,
): Promise<ExecutionRequest> {
  const file = await readDocument(cli, name);
  if (file.syntaxProblems.length > 0) throw new CliError(file.syntaxProblems.join('\n'));
  if (file.kind !== 'workflow' && file.kind !== 'request') {
    const found = file.kind === undefined ? 'has the keys of neither' : `is a ${file.kind}`;
    throw new CliError(`${file.name} must be a workflow {id, steps} or a request {workflow}: it ${found}`);
  }
  return { file, body: { ...bodyOf(file), ...(await overrides(cli, options)) } };
}

/** The request that a workflow or a request is. */
export function bodyOf({ kind, value }: DocumentFile): Record<string, unknown> {
  return kind === 'request' && isPlainObject(value) ? value : { workflow: value };
}

/** The problems of a request, each with its place in the file that it comes from. */
export function locateProblems(
  file: DocumentFile,
  problems: readonly { path: string; message: string }[],
): string[] {
  return problems.map(({ path, message }) => file.locate({ path: pathInFile(file, path), message }));
}

/** In a workflow's own file paths begin below the workflow. */
function pathInFile({ kind }: DocumentFile, path: string): string {
  return kind === 'workflow' ? path.replace(/^workflow(?:\.|(?=\[)|$)/, '') : path;
}

async function overrides(cli: Cli, { input, priority, timeoutMs }: RequestOptions): Promise<object> {
  return {
    ...(input !== undefined && { input: await parseInput(cli, input) }),
    ...(priority !== undefined && { priority }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  };
}

async function parseInput(cli: Cli, text: string): Promise<unknown> {
  if (text.startsWith('@')) {
    const name = text.slice(1);
    const file = new DocumentFile(name, await readTextFile(cli, name));
    const [problem] = file.syntaxProblems;
    if (problem === undefined) return file.value;
    throw new CliError(problem);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new CliError(`--input is no JSON: ${(error as Error).message}`, { cause: error });
  }
}

import { resolve } from 'node:path';
import { ValidationError, type Problem } from '#core';
import type { DispatchOptionsInput } from '#dispatch';
import { loadConfig, parseConfig } from '../../config/load-config.js';
import { FAILED, OK, type Cli } from '../cli.js';
import type { ValidateOptions } from '../commands/validate.js';
import { configEnv } from '../config-env.js';
import { printable } from '../text/printable.js';
import { capabilitiesIn } from './capabilities.js';
import { readDocument, type DocumentFile } from './document-file.js';
import { bodyOf, locateProblems } from './execution-request.js';
import { openChecker } from './open-checker.js';
import { requestProblems } from './request-problems.js';

/** Checks every file, one after the other, and tells of each. Ends with 1 when one of them has a problem. */
export async function validate(
  cli: Cli,
  names: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  let code = OK;
  for (const name of names) {
    const file = await readDocument(cli, name);
    const { problems, note } = await check(cli, file, options);
    if (problems.length > 0) code = FAILED;
    const lines = problems.length > 0 ? problems : [`${printable(file.name)}: valid ${file.kind}${note}`];
    (problems.length > 0 ? cli.stderr : cli.stdout).write(`${lines.join('\n')}\n`);
  }
  return code;
}

interface Finding {
  problems: readonly string[];
  /** What else there is to say of a file without problems. */
  note: string;
}

async function check(cli: Cli, file: DocumentFile, options: ValidateOptions): Promise<Finding> {
  if (file.syntaxProblems.length > 0) return { problems: file.syntaxProblems, note: '' };
  switch (file.kind) {
    case undefined: {
      const message =
        'has the keys of no workflow {id, steps}, request {workflow} or configuration {pools, http, ...}';
      return { problems: [file.locate({ path: '', message })], note: '' };
    }
    case 'configuration':
      return { problems: checkConfig(cli, file), note: '' };
    case 'workflow':
    case 'request':
      return checkRequest(cli, file, options);
  }
}

/** As the service would take it, with this environment over it. */
function checkConfig({ env, cwd }: Cli, file: DocumentFile): string[] {
  try {
    parseConfig(file.text, resolve(cwd, file.name), env);
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.problems.map((problem) => file.locate(problem));
    throw error;
  }
}

async function checkRequest(cli: Cli, file: DocumentFile, options: ValidateOptions): Promise<Finding> {
  const { config, file: configFile } = loadConfig(configEnv(cli.env, options.config), cli.cwd);
  const body = bodyOf(file);
  const capabilities =
    configFile === null
      ? capabilitiesIn(body.workflow)
      : new Set(config.pools.map(({ capability }) => capability));
  const note = configFile === null ? ' (no configuration: capabilities were not checked)' : '';
  return { problems: locateProblems(file, await problemsOf(body, capabilities, config.dispatch)), note };
}

async function problemsOf(
  body: Record<string, unknown>,
  capabilities: ReadonlySet<string>,
  dispatch: DispatchOptionsInput,
): Promise<readonly Problem[]> {
  const checker = await openChecker(capabilities, dispatch);
  try {
    return await requestProblems(checker.dispatcher, body);
  } finally {
    await checker.close();
  }
}

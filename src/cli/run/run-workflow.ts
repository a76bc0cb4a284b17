import { SystemClock, ValidationError, onAbort } from '#core';
import { DispatchError } from '#dispatch';
import { loadConfig } from '../../config/load-config.js';
import { OK, type Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { RunOptions } from '../commands/run.js';
import { configEnv } from '../config-env.js';
import { capabilitiesIn } from '../document/capabilities.js';
import { locateProblems, readRequest, type ExecutionRequest } from '../document/execution-request.js';
import { requestProblems } from '../document/request-problems.js';
import { createDisplay, type Display } from '../progress/display.js';
import { follow } from '../progress/follow.js';
import { reportEnd } from '../progress/report-end.js';
import { captureConsole } from './capture-console.js';
import { openHouse, type House } from './open-house.js';
import { tellOfAgents } from './tell-of-agents.js';

/** Runs a workflow in this process, on the pools of the configuration that it asks for. */
export async function runWorkflow(cli: Cli, name: string, options: RunOptions): Promise<number> {
  cli.interrupts.listen();
  const request = await readRequest(cli, name, options);
  const { config, file } = loadConfig(configEnv(cli.env, options.config), cli.cwd);
  const display = createDisplay(cli, { clock: new SystemClock() });
  const release = captureConsole(display);
  const house = await openHouse(config, capabilitiesIn(request.body.workflow), display);
  const stopTelling = tellOfAgents(house.events, display);
  try {
    await refuseProblems(house, request, file);
    return await execute(cli, house, request, { display, json: options.json });
  } finally {
    await house.close();
    stopTelling();
    release();
  }
}

/** @throws {CliError} listing every problem with its place. */
async function refuseProblems(
  { dispatcher }: House,
  { file, body }: ExecutionRequest,
  configFile: string | null,
): Promise<void> {
  const problems = await requestProblems(dispatcher, body);
  if (problems.length === 0) return;
  const hint = configFile === null ? ['there is no configuration, and so no pool: see orchestra init'] : [];
  throw new CliError([...locateProblems(file, problems), ...hint].join('\n'));
}

interface ExecuteOptions {
  display: Display;
  json: boolean | undefined;
}

async function execute(
  cli: Cli,
  { dispatcher }: House,
  { file, body }: ExecutionRequest,
  { display, json }: ExecuteOptions,
): Promise<number> {
  const { interrupts } = cli;
  const { workflow, ...submitOptions } = body;
  // Nothing has begun yet, so there is nothing to wait for.
  const interrupted = interrupts.exitCode();
  if (interrupted !== undefined) return interrupted;
  const handle = await dispatcher.submit(workflow, submitOptions).catch((error: unknown) => {
    if (error instanceof ValidationError) throw new CliError(locateProblems(file, error.problems).join('\n'));
    throw error;
  });
  const cancel = (): void => {
    display.note('cancelling; Ctrl-C again leaves at once');
    handle.cancel('interrupted').catch(ignoreFinished);
  };
  if (interrupts.signal.aborted) cancel();
  const stopListening = onAbort(interrupts.signal, cancel);
  try {
    const get = () => dispatcher.get(handle.executionId);
    const source = { first: await get(), get, events: () => handle.events() };
    const code = reportEnd(cli, await follow(source, display), { json });
    return code === OK ? OK : (interrupts.exitCode() ?? code);
  } finally {
    stopListening();
  }
}

/** It came to its end before the cancel reached it. */
function ignoreFinished(error: unknown): void {
  if (!(error instanceof DispatchError) || error.code !== 'EXECUTION_FINISHED') throw error;
}

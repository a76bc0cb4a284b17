import { InvalidArgumentError, type Command } from 'commander';

/** Where the service is, for the commands that call one. */
export interface RemoteOptions {
  url?: string;
  apiKey?: string;
}

export function remoteOptions(command: Command): Command {
  return command
    .option('--url <url>', 'where the service is (env: ORCHESTRA_URL; default: http://127.0.0.1:3000)')
    .option('--api-key <key>', 'its API key; better kept in the environment (env: ORCHESTRA_API_KEY)');
}

/** What goes with a workflow, for the commands that begin an execution; wins over what the file says. */
export interface RequestOptions {
  input?: string;
  priority?: number;
  timeoutMs?: number;
}

export function requestOptions(command: Command): Command {
  return command
    .option('--input <json>', 'the input, as JSON; @file reads it from a file, YAML or JSON')
    .option('--timeout-ms <ms>', 'how long the execution may take', wholeNumber(1, 2_147_483_647))
    .option('--priority <0..10>', '10 first', wholeNumber(0, 10));
}

export const CONFIG_OPTION = [
  '--config <file>',
  'the configuration (env: ORCHESTRA_CONFIG; default: ./orchestra.config.yaml)',
] as const;

/** The value of an option as a number; commander tells what is wrong with it. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A moment, as an ISO time in UTC; a date alone is its first. Commander tells what is wrong with it. */
export function isoTime(text: string): string {
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw new InvalidArgumentError('It must be a time like 2026-01-31T12:00:00Z.');
  return new Date(time).toISOString();
}

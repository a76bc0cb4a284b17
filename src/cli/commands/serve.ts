import { Command } from 'commander';
import type { Cli } from '../cli.js';
import { configEnv } from '../config-env.js';
import { CONFIG_OPTION, wholeNumber } from './options.js';

interface ServeOptions {
  config?: string;
  port?: number;
  host?: string;
}

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description('Start the service.')
    .option(...CONFIG_OPTION)
    .option('--port <port>', 'where it listens; 0 takes a free one (env: PORT)', wholeNumber(0, 65_535))
    .option('--host <host>', 'the address it binds (env: HOST)')
    .addHelpText(
      'after',
      `
It ends as the service does: the first SIGTERM or Ctrl-C drains it, a second ends it at once.

Example:
  orchestra serve --config orchestra.config.yaml --port 8080`,
    )
    .action(async ({ config, port, host }: ServeOptions) => {
      const { runServiceProcess } = await import('../../service-process.js');
      const overrides = {
        ...(port !== undefined && { PORT: String(port) }),
        ...(host !== undefined && { HOST: host }),
      };
      cli.exitCode = null;
      await runServiceProcess(cli.exit, { ...configEnv(cli.env, config), ...overrides });
    });
}

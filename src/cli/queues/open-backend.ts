import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AgentPoolModule } from '#agent-pool';
import { DispatchModule, EXECUTIONS_QUEUE, ExecutionArchive, WorkflowDispatcher } from '#dispatch';
import { QueueDriver, QueueModule, type JobQueue } from '#queue';
import { SCHEDULES_QUEUE } from '#schedules';
import { StateModule } from '#state';
import { loadConfig } from '../../config/load-config.js';
import type { Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { BackendOptions } from '../commands/queues.js';
import { configEnv } from '../config-env.js';
import { DisplayLogger } from '../run/display-logger.js';

/** What the instances of a house share. */
export interface Backend {
  dispatcher: WorkflowDispatcher;
  archive: ExecutionArchive;
  executions: JobQueue<unknown>;
  schedules: JobQueue<unknown>;
}

/**
 * Has `use` work on the queue and the state that the configuration names, beside whatever instances there are: nothing is
 * run, repaired or forgotten here, and no agent is started.
 *
 * @throws {CliError} for the memory driver; {BackendUnavailableError} when Redis does not answer.
 */
export async function withBackend<T>(
  cli: Cli,
  { config: configFile }: BackendOptions,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { config } = loadConfig(configEnv(cli.env, configFile), cli.cwd);
  const { driver, redis, dispatch } = config;
  if (driver === 'memory') {
    throw new CliError(
      'driver memory keeps queue and executions in the process of the service, out of reach from here\n' +
        '(driver bullmq is set in the configuration, or by ORCHESTRA_DRIVER=bullmq and REDIS_URL)',
    );
  }
  const app = await NestFactory.createApplicationContext(
    {
      module: class BackendModule {},
      imports: [
        QueueModule.forRoot({ driver, redis }),
        StateModule.forRoot({ driver, redis }),
        AgentPoolModule.forRoot({ pools: [] }),
        DispatchModule.forRoot({ ...dispatch, consume: false }),
      ],
    },
    // What keeps it from opening is thrown; it would be told twice.
    { logger: false, abortOnError: false },
  );
  app.useLogger(new DisplayLogger({ note: (text) => cli.stderr.write(`${text}\n`) }));
  try {
    const get = <U>(token: abstract new (...args: never[]) => U): U => app.get<U>(token, { strict: false });
    const queues = get(QueueDriver);
    return await use({
      dispatcher: get(WorkflowDispatcher),
      archive: get(ExecutionArchive),
      executions: queues.queue(EXECUTIONS_QUEUE),
      schedules: queues.queue(SCHEDULES_QUEUE),
    });
  } finally {
    await app.close();
  }
}

import { stackOf } from './lifecycle/stack-of.js';
import type { RunningService } from './service.js';

/**
 * Makes this process the service. What a signal or a fault does is settled before anything else is loaded: as process 1
 * of a container, one without a handler never gets its SIGTERM.
 *
 * @param exit ends the process.
 * @param env where the configuration is and what wins over it; see `loadConfig`.
 */
export async function runServiceProcess(
  exit: (code: number) => never,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  let running: RunningService | undefined = undefined as RunningService | undefined;

  // A start that is broken off has accepted nothing yet.
  const onSignal = (signal: NodeJS.Signals): void => {
    if (running === undefined) exit(0);
    else running.shutdown.signalled(signal);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);

  const onFault = (error: unknown): void => {
    if (running === undefined) {
      process.stderr.write(`${stackOf(error)}\n`);
      exit(1);
    } else {
      running.shutdown.faulted(error);
    }
  };
  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);

  // Whoever read our output has gone: no reason to end, and a fault would be logged to the same pipe, for ever.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);

  const { start } = await import('./start.js');
  running = await start(exit, env);
}

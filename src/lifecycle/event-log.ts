import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { OrchestraEvents } from '#events';

/**
 * What an operator has to be told of in words: agents that fail and come back. Failing creates are told with their
 * back-off, so a pool that cannot start says so again and again, at most every 30 s an agent. Executions are counted in
 * metrics instead: a line each would cost more than the execution.
 */
@Injectable()
export class EventLog implements OnApplicationShutdown {
  readonly #logger = new Logger('Agents');
  readonly #unsubscribe: (() => void)[];

  constructor(events: OrchestraEvents) {
    this.#unsubscribe = [
      events.on('agent.failed', ({ agentId, capability, reason, error, retryInMs }) => {
        const what = reason === 'abandoned' ? 'ignored an abort and is replaced' : 'could not be made';
        const next = reason === 'abandoned' ? '' : `; again in ${retryInMs} ms`;
        this.#logger.warn(
          `pool "${capability}": agent ${agentId} ${what}: ${error.code} ${error.message}${next}`,
        );
      }),
      events.on('agent.recovered', ({ agentId, capability, attempts }) => {
        this.#logger.log(`pool "${capability}": agent ${agentId} is there after ${attempts} attempts`);
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

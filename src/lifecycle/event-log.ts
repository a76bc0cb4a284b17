import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { OrchestraEvents } from '#events';
import { AGENT_FAILURE } from '../events/agent-failure.js';

/**
 * What an operator has to be told of in words: agents that fail and come back, pools that refuse tasks, that become
 * larger or smaller, and that are drained and resumed. Failing creates are told with their back-off, so a pool that
 * cannot start says so again and again, at most every 30 s an agent. Executions are counted in metrics instead: a line
 * each would cost more than the execution.
 */
@Injectable()
export class EventLog implements OnApplicationShutdown {
  readonly #logger = new Logger('Agents');
  readonly #unsubscribe: (() => void)[];

  constructor(events: OrchestraEvents) {
    this.#unsubscribe = [
      events.on('agent.failed', ({ agentId, capability, reason, error, retryInMs }) => {
        const next = reason === 'abandoned' ? '' : `; again in ${retryInMs} ms`;
        this.#logger.warn(
          `pool "${capability}": agent ${agentId} ${AGENT_FAILURE[reason]}: ${error.code} ${error.message}${next}`,
        );
      }),
      events.on('agent.quarantined', ({ agentId, capability, error, retryInMs }) => {
        this.#logger.error(
          `pool "${capability}": agent ${agentId} failed too often and is left alone for ${retryInMs} ms: ` +
            `${error.code} ${error.message}`,
        );
      }),
      events.on('agent.recovered', ({ agentId, capability, attempts }) => {
        const how =
          attempts === 0
            ? 'answers its pings again'
            : `is there after ${attempts} attempt${attempts === 1 ? '' : 's'}`;
        this.#logger.log(`pool "${capability}": agent ${agentId} ${how}`);
      }),
      events.on('pool.unavailable', ({ capability, reason, retryAfterMs, tasks, failures, refused }) => {
        const why =
          reason === 'failures'
            ? `its agents failed ${failures} of the last ${tasks} tasks`
            : 'none of its agents can be made';
        this.#logger.error(
          `pool "${capability}" refuses tasks, for ${why}; ${refused} that waited are refused; again in ${retryAfterMs} ms`,
        );
      }),
      events.on('pool.available', ({ capability, unavailableMs }) => {
        this.#logger.log(`pool "${capability}" takes tasks again, after ${unavailableMs} ms`);
      }),
      events.on('pool.scaled', ({ capability, from, to, reasons, busy, waiting, capacity }) => {
        this.#logger.log(
          `pool "${capability}" goes from ${from} to ${to} agents (${reasons.join(', ')}): ` +
            `${busy} tasks under way and ${waiting} waiting on ${capacity} slots`,
        );
      }),
      events.on('pool.draining', ({ capability, busy, waiting }) => {
        this.#logger.log(
          `pool "${capability}" is drained: it begins no task; ${busy} tasks under way and ${waiting} waiting`,
        );
      }),
      events.on('pool.resumed', ({ capability, waiting }) => {
        this.#logger.log(`pool "${capability}" is resumed: it begins tasks again; ${waiting} waiting`);
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

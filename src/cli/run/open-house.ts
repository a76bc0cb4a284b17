import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { WorkflowDispatcher } from '#dispatch';
import { OrchestraEvents } from '#events';
import { OrchestraModule } from '#orchestra';
import type { ServiceConfig } from '../../config/config.schema.js';
import type { Display } from '../progress/display.js';
import { DisplayLogger } from './display-logger.js';

export interface House {
  dispatcher: WorkflowDispatcher;
  events: OrchestraEvents;
  close(): Promise<void>;
}

/**
 * The house without its service, on the memory driver whatever the configuration says: what is run here is to end here.
 * Of the pools only those that the workflow asks for are there, so that no other agent is started.
 *
 * @throws what stops the start: a bad pool.
 */
export async function openHouse(
  { dispatch, pools, shutdown }: ServiceConfig,
  capabilities: ReadonlySet<string>,
  display: Display,
): Promise<House> {
  const app = await NestFactory.createApplicationContext(
    OrchestraModule.forRoot({
      driver: 'memory',
      dispatch: { ...dispatch, gracePeriodMs: shutdown.gracePeriodMs },
      pools: pools.filter(({ capability }) => capabilities.has(capability)),
      // Nobody would read them, and they need packages that nothing else here does.
      metrics: false,
    }),
    { logger: new DisplayLogger(display), abortOnError: false },
  );
  const get = <T>(token: abstract new (...args: never[]) => T): T => app.get<T>(token, { strict: false });
  return { dispatcher: get(WorkflowDispatcher), events: get(OrchestraEvents), close: () => app.close() };
}

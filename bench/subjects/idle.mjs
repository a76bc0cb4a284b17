import 'reflect-metadata';
import { createHook } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { createOrchestra, workflowOf } from '../harness/orchestra.mjs';

const EXECUTIONS = 100;

/** An application that has nothing to do: with the house in it, which has done some work before, or empty. */
export default async function idle({ house }) {
  // Those that do not keep the process alive as well, which `process.getActiveResourcesInfo()` does not name.
  const timers = new Set();
  createHook({
    init: (id, type) => {
      if (type === 'Timeout' || type === 'Immediate') timers.add(id);
    },
    destroy: (id) => timers.delete(id),
  }).enable();

  const app = house
    ? await createOrchestra()
    : await NestFactory.createApplicationContext(class {}, { logger: false });
  if (house) {
    const dispatcher = app.get(WorkflowDispatcher, { strict: false });
    for (let n = 0; n < EXECUTIONS; n++) await (await dispatcher.submit(workflowOf(1))).result();
  }
  return {
    /** Does nothing for so long. @returns turns of the event loop meanwhile, and timers set when it is over. */
    async watch(ms) {
      await sleep(ms / 4); // what the work before left to do
      const { loopCount } = performance.nodeTiming.uvMetricsInfo;
      await sleep(ms);
      return { turns: performance.nodeTiming.uvMetricsInfo.loopCount - loopCount, timers: timers.size };
    },
    close: () => app.close(),
  };
}

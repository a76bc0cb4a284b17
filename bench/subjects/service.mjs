import 'reflect-metadata';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { parseConfig } from '../../dist/src/config/load-config.js';
import { readManifest } from '../../dist/src/info/manifest.js';
import { loadService } from '../../dist/src/load-service.js';

/** The service, made as `npm start` makes it; what its executions do is done in its process. */
export default async function service({ maxQueueDepth }) {
  const text = JSON.stringify({
    http: { host: '127.0.0.1', port: 0 },
    dispatch: { maxQueueDepth },
    pools: [
      {
        capability: 'work',
        kind: 'function',
        module: fileURLToPath(new URL('../harness/noop-agent.mjs', import.meta.url)),
        concurrencyPerAgent: 16,
      },
    ],
  });
  const { startService } = await loadService();
  const config = parseConfig(text, fileURLToPath(import.meta.url), {});
  const info = {
    ...readManifest(),
    node: process.versions.node,
    driver: config.driver,
    startedAt: new Date().toISOString(),
  };
  const { app, url } = await startService(config, info, process.exit);
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  return {
    url: () => url,
    /** Resolves when all that was accepted has ended. */
    async settled() {
      for (;;) {
        const { running, waiting } = await dispatcher.status();
        if (running + waiting === 0) return;
        await sleep(1);
      }
    },
    close: () => app.close(),
  };
}

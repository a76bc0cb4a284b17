import assert from 'node:assert/strict';
import { start } from '../start.mjs';

export default async function boot(load) {
  const { QueueModule, QueueDriver } = await load('nest-orchestra/queue');
  const app = await start(load, { imports: [QueueModule.forRoot({ driver: 'memory' })] });
  const queue = app.get(QueueDriver, { strict: false }).queue('letters');
  const consumed = new Promise((resolve) => {
    queue.consume(async ({ data }) => resolve(data), { concurrency: 1 });
  });
  await queue.add({ to: 'Ada' });
  assert.deepEqual(await consumed, { to: 'Ada' });
  await app.close();
}

import assert from 'node:assert/strict';
import { start } from '../start.mjs';

export default async function boot(load) {
  const { MetricsModule, MetricsService } = await load('nest-orchestra/metrics');
  const app = await start(load, { imports: [MetricsModule.forRoot()] });
  const metrics = app.get(MetricsService, { strict: false });
  metrics.counter({ name: 'orchestra_mine_total', help: 'Mine.' }).inc(2);
  assert.match(await metrics.registry.metrics(), /^orchestra_mine_total 2$/m);
  await app.close();
}

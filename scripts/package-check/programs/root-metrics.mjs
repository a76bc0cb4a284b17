import assert from 'node:assert/strict';
import { greeter, runStep, start } from '../start.mjs';

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const { MetricsService } = await load('nest-orchestra/metrics');
  const app = await start(load, { imports: [OrchestraModule.forRoot()], providers: [await greeter(load)] });
  await runStep(load, app, 'greet', 'Ada');
  const text = await app.get(MetricsService, { strict: false }).registry.metrics();
  assert.match(text, /^orchestra_executions_finished_total\{status="completed"\} 1$/m);
  await app.close();
}

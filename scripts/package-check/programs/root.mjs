import assert from 'node:assert/strict';
import { assertMissing, greeter, runStep, start } from '../start.mjs';

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const imports = [OrchestraModule.forRoot({ metrics: false })];
  const app = await start(load, { imports, providers: [await greeter(load)] });
  assert.equal((await runStep(load, app, 'greet', 'Ada')).output, 'Hello, Ada');
  await app.close();

  const withMetrics = start(load, { imports: [OrchestraModule.forRoot()] });
  await assertMissing(withMetrics, 'prom-client', '@willsoto/nestjs-prometheus');
}

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runStep, start } from '../start.mjs';

const module = fileURLToPath(new URL('../thread-module.mjs', import.meta.url));

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const pools = [{ capability: 'work', kind: 'thread', module }];
  const app = await start(load, { imports: [OrchestraModule.forRoot({ metrics: false, pools })] });
  const { output } = await runStep(load, app, 'work', 'Ada');
  assert.deepEqual(output, { input: 'Ada', isMainThread: false });
  await app.close();
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { runStep, start } from '../start.mjs';

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const server = createServer((_, answer) =>
    answer.setHeader('content-type', 'application/json').end('"hi"'),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;
  const pools = [{ capability: 'remote', kind: 'http', url }];
  const app = await start(load, { imports: [OrchestraModule.forRoot({ metrics: false, pools })] });
  assert.equal((await runStep(load, app, 'remote', null)).output, 'hi');
  await app.close();
  server.close();
}

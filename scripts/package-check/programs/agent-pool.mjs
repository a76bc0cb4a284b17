import assert from 'node:assert/strict';
import { greeter, start } from '../start.mjs';

export default async function boot(load) {
  const { AgentPool, AgentPoolModule } = await load('nest-orchestra/agent-pool');
  const imports = [AgentPoolModule.forRoot({})];
  const app = await start(load, { imports, providers: [await greeter(load)] });
  const lease = await app.get(AgentPool, { strict: false }).lease('greet');
  assert.equal(await lease.execute({ input: 'Ada' }, {}), 'Hello, Ada');
  lease.release({ ok: true, durationMs: 1 });
  await app.close();
}

import assert from 'node:assert/strict';
import { greeter, runStep, start } from '../start.mjs';

export default async function boot(load) {
  const { AgentPoolModule } = await load('nest-orchestra/agent-pool');
  const { DispatchModule } = await load('nest-orchestra/dispatch');
  const { QueueModule } = await load('nest-orchestra/queue');
  const { StateModule } = await load('nest-orchestra/state');
  const memory = { driver: 'memory' };
  const app = await start(load, {
    imports: [
      QueueModule.forRoot(memory),
      StateModule.forRoot(memory),
      AgentPoolModule.forRoot({}),
      DispatchModule.forRoot({}),
    ],
    providers: [await greeter(load)],
  });
  assert.equal((await runStep(load, app, 'greet', 'Ada')).output, 'Hello, Ada');
  await app.close();
}

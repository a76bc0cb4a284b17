import assert from 'node:assert/strict';
import { greeter, start } from '../start.mjs';

export default async function boot(load) {
  const { AgentPoolModule } = await load('nest-orchestra/agent-pool');
  const { DispatchModule, WorkflowDispatcher } = await load('nest-orchestra/dispatch');
  const { OrchestraEvents } = await load('nest-orchestra/events');
  const { QueueModule } = await load('nest-orchestra/queue');
  const { SchedulesModule, WorkflowSchedules } = await load('nest-orchestra/schedules');
  const { StateModule } = await load('nest-orchestra/state');
  const memory = { driver: 'memory' };
  const app = await start(load, {
    imports: [
      QueueModule.forRoot(memory),
      StateModule.forRoot(memory),
      AgentPoolModule.forRoot({}),
      DispatchModule.forRoot({}),
      SchedulesModule.forRoot({}),
    ],
    providers: [await greeter(load)],
  });
  const get = (token) => app.get(token, { strict: false });
  const fired = new Promise((resolve) => get(OrchestraEvents).on('schedule.fired', resolve));
  await get(WorkflowSchedules).create({
    at: Date.now() + 100,
    workflow: { id: 'w', steps: [{ id: 'only', capability: 'greet', input: 'Ada' }] },
  });
  const { executionId } = await fired;
  assert.equal((await get(WorkflowDispatcher).wait(executionId)).steps.only.output, 'Hello, Ada');
  await app.close();
}

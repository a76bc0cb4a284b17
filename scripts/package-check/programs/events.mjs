import assert from 'node:assert/strict';
import { start } from '../start.mjs';

export default async function boot(load) {
  const { EventsModule, OrchestraEvents } = await load('nest-orchestra/events');
  const app = await start(load, { imports: [EventsModule] });
  const events = app.get(OrchestraEvents, { strict: false });
  const heard = [];
  events.on('agent.stopped', ({ agentId }) => heard.push(agentId));
  events.publish('agent.stopped', { agentId: 'a', capability: 'c', tasks: 1 });
  assert.deepEqual(heard, ['a']);
  await app.close();
}

import assert from 'node:assert/strict';
import { start } from '../start.mjs';

export default async function boot(load) {
  const { StateModule, StateStore } = await load('nest-orchestra/state');
  const app = await start(load, { imports: [StateModule.forRoot({ driver: 'memory' })] });
  const store = app.get(StateStore, { strict: false });
  await store.commit({ puts: [{ key: 'order', fields: { status: 'open' } }] });
  assert.deepEqual(await store.get('order'), { status: 'open' });
  await app.close();
}

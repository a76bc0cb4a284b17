import assert from 'node:assert/strict';

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra/orchestra');
  assert.equal(OrchestraModule, (await load('nest-orchestra')).OrchestraModule);
}

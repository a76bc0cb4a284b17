import assert from 'node:assert/strict';
import { assertMissing } from '../start.mjs';

export default async function boot(load) {
  const { createFastifyAdapter, httpServerOptionsSchema } = await load('nest-orchestra/http');
  assert.equal(httpServerOptionsSchema.parse({}).port, 3000);
  await assertMissing(createFastifyAdapter(), '@nestjs/platform-fastify');
}

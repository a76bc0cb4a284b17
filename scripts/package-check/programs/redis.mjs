import { assertUnreachable, nowhere } from '../unreachable.mjs';

export default async function boot(load) {
  const { SharedRedis, redisOptionsSchema } = await load('nest-orchestra/redis');
  await assertUnreachable(SharedRedis.open(redisOptionsSchema.parse(nowhere)));
}

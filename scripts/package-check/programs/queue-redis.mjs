import { start } from '../start.mjs';
import { assertUnreachable, nowhere } from '../unreachable.mjs';

export default async function boot(load) {
  const { QueueModule } = await load('nest-orchestra/queue');
  await assertUnreachable(
    start(load, { imports: [QueueModule.forRoot({ driver: 'bullmq', redis: nowhere })] }),
  );
}

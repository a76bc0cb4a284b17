import { start } from '../start.mjs';
import { assertUnreachable, nowhere } from '../unreachable.mjs';

export default async function boot(load) {
  const { StateModule } = await load('nest-orchestra/state');
  await assertUnreachable(
    start(load, { imports: [StateModule.forRoot({ driver: 'bullmq', redis: nowhere })] }),
  );
}

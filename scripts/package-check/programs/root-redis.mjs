import { start } from '../start.mjs';
import { assertUnreachable, nowhere } from '../unreachable.mjs';

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const orchestra = OrchestraModule.forRoot({ driver: 'bullmq', redis: nowhere, metrics: false });
  await assertUnreachable(start(load, { imports: [orchestra] }));
}

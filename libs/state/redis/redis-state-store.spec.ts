import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { describeStateStore } from '../conformance/describe-state-store.js';
import { LIMITS } from '../conformance/store-under-test.js';
import type { StateStore } from '../ports/state-store.js';
import { openTestStore } from '../testing/open-test-store.js';

describeWithRedis('RedisStateStore', () => {
  let server: RedisServer;
  let run = 0;
  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
  });
  afterAll(() => server.stop());

  const open = (): Promise<StateStore> =>
    openTestStore({ url: server.url, keyPrefix: `test-${run}` }, LIMITS);

  describeStateStore({
    name: 'bullmq',
    create: () => {
      run++;
      return open();
    },
    createPeer: open,
  });
});

import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import fc from 'fast-check';
import { StateModule, StateStore } from '#state';
import { RedisServer, describeWithRedis } from '../../../test/helpers/redis-server.js';
import { ExecutionCopies } from '../execution/execution-copies.js';
import { randomCopies } from '../testing/random-copy.js';
import { collect } from '../testing/workflows.js';
import { toLine } from './archive-line.js';
import { ExecutionArchive } from './execution-archive.js';

describeWithRedis('an archive of executions on Redis', () => {
  let server: RedisServer;
  let app: INestApplicationContext;
  let archive: ExecutionArchive;

  beforeAll(async () => {
    server = await RedisServer.start({ durable: false });
    const redis = { url: server.url };
    app = await NestFactory.createApplicationContext(StateModule.forRoot({ driver: 'bullmq', redis }), {
      logger: false,
    });
    const store = app.get(StateStore);
    const noJobs = { add: () => Promise.resolve() } as unknown as ConstructorParameters<
      typeof ExecutionArchive
    >[2];
    archive = new ExecutionArchive(new ExecutionCopies(store), store, noJobs);
  });
  afterAll(async () => {
    await app.close();
    await server.stop();
  });

  it('is the same again after it was imported and exported, whatever the ids and the values', async () => {
    await fc.assert(
      fc.asyncProperty(randomCopies, async (copies) => {
        await server.with((client) => client.flushall());
        const lines = copies.map((copy) => toLine(copy) ?? '');
        const text = (async function* () {
          yield Buffer.from(lines.join('\n'));
        })();
        const { imported } = await archive.import(text);
        expect(imported).toBe(lines.length);
        expect(new Set(await collect(archive.export()))).toEqual(new Set(lines));
        const counts = await archive.counts();
        expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(lines.length);
      }),
      { numRuns: 40 },
    );
  });
});

import { inspect } from 'node:util';
import { RedisServer, describeWithRedis } from '../../test/helpers/redis-server.js';
import { openRedis } from './open-redis.js';
import { redisOptionsSchema } from './redis.options.js';

const PASSWORD = 'open-sesame';

describeWithRedis('openRedis', () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await RedisServer.start({
      durable: false,
      settings: [
        ...['--requirepass', PASSWORD],
        // As a user is who is made without a word about channels.
        ...`--user mute on >${PASSWORD} ~{orchestra}:* resetchannels +@all`.split(' '),
      ],
    });
  });
  afterAll(() => server.stop());

  async function failure(user: string, password = PASSWORD): Promise<Error> {
    const url = server.url.replace('redis://', `redis://${user}:${password}@`);
    return openRedis(redisOptionsSchema.parse({ url }), () => undefined).then(
      (client) => {
        client.disconnect();
        throw new Error('it was let in');
      },
      (error: unknown) => error as Error,
    );
  }

  it('is refused to a user who may not tell others of what was written', async () => {
    expect(await failure('mute')).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: expect.stringMatching(/publish|channel/) as string,
    });
  });

  it.each(['', 'mute'])('fails without the password in any part of its error (user "%s")', async (user) => {
    const error = await failure(user, 'not-the-password');
    expect(error.message).toMatch(/WRONGPASS/);
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('not-the-password');
  });
});

it('takes no password that is not encoded', () => {
  const parse = (password: string) =>
    redisOptionsSchema.safeParse({ url: `redis://:${password}@127.0.0.1` }).success;
  expect([parse('a%zz'), parse('%FF'), parse('a%25b')]).toEqual([false, false, true]);
});

/** FAULTS 33: the same calls on both drivers, with the same answers. */
import type { Answer, Client } from '../helpers/client.js';
import { eventually } from '../helpers/eventually.js';
import { EventReader } from '../helpers/event-reader.js';
import { Effects } from '../helpers/effects.js';
import { RECORDED, RECORDER } from '../helpers/fleet.js';
import { RedisServer, describeWithRedis } from '../helpers/redis-server.js';
import { startService, type Service } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

/** What a client sees of an answer, apart from ids and times. */
const seen = ({ status, json }: Answer): unknown => ({
  status,
  code: json?.code as unknown,
  errors: json?.errors as unknown,
  state: json?.status as unknown,
});

const step = (input: unknown = {}, more: object = {}) => oneStep(RECORDED, input, more);

const ODD_IDS = [
  ...[
    'a:b',
    'a:b:c',
    '0:',
    '0',
    '123',
    '-5',
    '007',
    '1e3',
    ' ',
    'a b',
    '../..',
    'a/b',
    'a\r\nb',
    '%00',
    '{x}',
    '__proto__',
  ],
  ...[
    'constructor',
    'é',
    'e\u0301',
    '\u202erl',
    '😀',
    '*',
    '?',
    "'; DROP",
    'x'.repeat(256),
    '\ud83d\ude00'.repeat(60),
  ],
];
const BAD_IDS = ['', 'a\0b', 'x'.repeat(257), '\ud800', 5, null];
const ODD_NUMBERS = [
  '-1',
  '0',
  '1',
  '10',
  '11',
  '1.5',
  '1e999',
  '-1e999',
  '"5"',
  'null',
  '2147483648',
  'true',
  '[]',
  'NaN',
];

interface Drive {
  service: Service;
  client: Client;
  effects: Effects;
}

/** Each asks and gives what it was told. */
const SCENARIOS: Record<string, (drive: Drive) => Promise<unknown>> = {
  'odd ids of workflows': async ({ client }) => {
    const told: unknown[] = [];
    for (const id of [...ODD_IDS, ...BAD_IDS]) {
      const answer = await client.post('/v1/executions', { workflow: { ...step(), id } });
      told.push(seen(answer));
      if (answer.status !== 202) continue;
      const { workflowId, status } = await client.finished(answer.json.executionId as string);
      const { items } = await client.list(`?workflowId=${encodeURIComponent(String(id))}`);
      told.push([workflowId === id, status, items.length]);
    }
    return told;
  },

  'executions that are not there': async ({ client }) => {
    const told: unknown[] = [];
    for (const id of ODD_IDS) {
      const path = `/v1/executions/${encodeURIComponent(id)}`;
      told.push(
        seen(await client.get(path)),
        seen(await client.post(`${path}/cancel`)),
        seen(await client.post(`${path}/retry`)),
      );
      told.push(seen(await client.get(`${path}/events`)));
    }
    return told;
  },

  'idempotency keys': async ({ client }) => {
    const told: unknown[] = [];
    const submit = (key: string, workflow: unknown): Promise<Answer> =>
      client.post('/v1/executions', { workflow }, { headers: { 'idempotency-key': key } });
    for (const key of ['a', '0:1', '123', '*', 'x'.repeat(255), '__proto__']) {
      const [first, again, other] = [
        await submit(key, step()),
        await submit(key, step()),
        await submit(key, step(1)),
      ];
      told.push([first.status, again.status, seen(other), first.json.executionId === again.json.executionId]);
    }
    return told;
  },

  'odd numbers': async ({ client }) => {
    const told: unknown[] = [];
    const workflow = JSON.stringify(step());
    for (const number of ODD_NUMBERS) {
      for (const field of ['priority', 'timeoutMs']) {
        const { status, json } = await client.post(
          '/v1/executions',
          `{"workflow":${workflow},"${field}":${number}}`,
          {
            headers: { 'content-type': 'application/json' },
          },
        );
        told.push([field, number, status, json?.code, json?.errors]);
      }
      told.push([number, seen(await client.get(`/v1/executions?limit=${encodeURIComponent(number)}`))]);
    }
    for (const cursor of ['', 'x', 'AAAA', encodeURIComponent('{"a":1}')]) {
      told.push(seen(await client.get(`/v1/executions?cursor=${cursor}`)));
    }
    return told;
  },

  cancels: async ({ client, effects }) => {
    const running = await client.submit(step({ sleepMs: 30_000 }));
    await eventually(() => effects.begun(running).length === 1);
    const waiting = await client.submit(step());
    const told: unknown[] = [];
    for (const id of [waiting, running]) {
      told.push(seen(await client.post(`/v1/executions/${id}/cancel`, { reason: 'no more' })));
      const { status, error, steps } = await client.finished(id);
      told.push([status, error, steps.only?.status, steps.only?.attempts, effects.begun(id).length]);
      told.push(seen(await client.post(`/v1/executions/${id}/cancel`)));
      told.push(seen(await client.post(`/v1/executions/${id}/cancel`, { reason: 5 })));
    }
    return told;
  },

  retries: async ({ client, effects }) => {
    const workflow = step({ first: { failsWhile: RECORDER } }, { retry: { maxAttempts: 2, baseDelayMs: 1 } });
    const recovered = await client.run(workflow);
    const failing = await client.run(step({ failsWhile: RECORDER }));
    const told: unknown[] = [
      [recovered.status, recovered.steps.only?.attempts, effects.begun(recovered.executionId).length],
    ];
    told.push([failing.status, failing.error, failing.steps.only?.error]);
    told.push(seen(await client.post(`/v1/executions/${recovered.executionId}/retry`)));
    told.push(seen(await client.post(`/v1/executions/${failing.executionId}/retry`)));
    const again = await client.finished(failing.executionId);
    told.push([again.status, again.steps.only?.attempts, effects.begun(failing.executionId).length]);
    return told;
  },

  'the order of priorities': async ({ client, effects }) => {
    const before = await client.submit(step({ sleepMs: 500 }));
    await eventually(() => effects.begun(before).length === 1);
    const ids: string[] = [];
    for (const priority of [5, 0, 10, 5, 7, 0, 10, 1]) ids.push(await client.submit(step(), { priority }));
    await Promise.all(ids.map((id) => client.finished(id)));
    const begun = effects
      .all()
      .filter(({ phase, executionId }) => phase === 'begin' && ids.includes(executionId));
    return begun.map(({ executionId }) => ids.indexOf(executionId));
  },

  sizes: async ({ client }) => {
    const told: unknown[] = [];
    for (const size of [10_000, 900_000, 1_100_000]) {
      const answer = await client.post('/v1/executions', { workflow: step(), input: 'x'.repeat(size) });
      told.push(seen(answer));
      if (answer.status !== 202) continue;
      const { input, status } = await client.finished(answer.json.executionId as string);
      told.push([status, (input as string).length]);
    }
    const odd = { '': null, a: [1.5, -0, 1e21, 'é\u0000\ud83d', { b: [] }], z: { '1': 1, '0': 0 } };
    const answer = await client.post('/v1/executions', { workflow: step(), input: odd });
    told.push(seen(answer));
    if (answer.status === 202) told.push((await client.finished(answer.json.executionId as string)).input);
    return told;
  },

  'listings and events': async ({ client, service }) => {
    const ids: string[] = [];
    for (let nth = 0; nth < 5; nth++) ids.unshift((await client.run({ ...step(), id: 'paged' })).executionId);
    const pages: unknown[] = [];
    let query = '';
    do {
      const { items, nextCursor } = await client.list(`?workflowId=paged&limit=2${query}`);
      pages.push(items.map(({ executionId }) => ids.indexOf(executionId)));
      query = nextCursor === null ? '' : `&cursor=${encodeURIComponent(nextCursor)}`;
    } while (query !== '');
    const path = `${service.url}/v1/executions/${ids[0]}/events`;
    const whole = await EventReader.open(path);
    await whole.closed;
    const rest = await EventReader.open(path, { headers: { 'last-event-id': whole.events[2]?.id ?? '' } });
    await rest.closed;
    const over = await EventReader.open(path, { headers: { 'last-event-id': whole.lastEventId ?? '' } });
    const odd = await client.get(`/v1/executions/${ids[0]}/events`, {
      headers: { 'last-event-id': 'nonsense' },
    });
    return [pages, whole.types, rest.types, over.status, seen(odd)];
  },

  'a full queue': async ({ client, effects }) => {
    const before = await client.submit(step({ sleepMs: 1_000 }));
    await eventually(() => effects.begun(before).length === 1);
    const told: unknown[] = [];
    for (let nth = 0; nth < 22; nth++) {
      const answer = await client.post('/v1/executions', { workflow: step() });
      told.push([seen(answer), answer.headers['retry-after']]);
    }
    return told;
  },
};

async function drive(config: object): Promise<Drive> {
  const effects = new Effects();
  const service = await startService({
    lifetime: 'file',
    env: { EFFECTS_FILE: effects.file },
    config: {
      dispatch: { maxConcurrentWorkflows: 1, maxQueueDepth: 20 },
      pools: [functionPool(RECORDED, { module: RECORDER })],
      ...config,
    },
  });
  return { service, client: service.client, effects };
}

describeWithRedis('FAULTS 33: memory and bullmq', () => {
  let redis: RedisServer;
  let memory: Drive;
  let bullmq: Drive;

  beforeAll(async () => {
    redis = await RedisServer.start();
    [memory, bullmq] = await Promise.all([drive({}), drive({ driver: 'bullmq', redis: { url: redis.url } })]);
  });

  afterAll(async () => {
    await redis.stop();
    memory.effects.delete();
    bullmq.effects.delete();
  });

  it.each(Object.entries(SCENARIOS))('answer alike: %s', async (_what, scenario) => {
    const [expected, told] = await Promise.all([scenario(memory), scenario(bullmq)]);
    expect(told).toEqual(expected);
    expect(bullmq.service.stderr).toBe('');
  });
});

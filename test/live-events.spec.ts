import { createHash } from 'node:crypto';
import type { ReadEvent } from './helpers/event-reader.js';
import { EventReader } from './helpers/event-reader.js';
import { eventually } from './helpers/eventually.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, longHistory, manyEvents, oneStep } from './helpers/workflows.js';

/** Above what an idle machine needs (below 100 ms), far below any grace period. */
const SOON_MS = 5_000;

const streamOf = (executionId: string): string => `/v1/executions/${executionId}/events`;

const read = (service: Service, path: string, headers?: Record<string, string>): Promise<EventReader> =>
  EventReader.open(`${service.url}${path}`, { headers });

/** All of a stream that ends by itself. */
async function readWhole(
  service: Service,
  path: string,
  headers?: Record<string, string>,
): Promise<ReadEvent[]> {
  const reader = await read(service, path, headers);
  await reader.closed;
  expect([reader.status, reader.isWhole]).toEqual([200, true]);
  return reader.events;
}

describe('the events of an execution, live', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: { events: { heartbeatMs: 100, source: '//node-7/orchestra' }, pools: [functionPool('local')] },
    });
  });

  it('come as they happen, from the first to the final one, as CloudEvents', async () => {
    const workflow = oneStep('local', { do: 'report', times: 3, message: 'half\nway' });
    const executionId = await service.client.submit(workflow);
    const reader = await read(service, streamOf(executionId));
    expect(reader.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    await reader.closed;
    expect(reader.text.startsWith('retry: 1000\n\n')).toBe(true);
    expect(reader.types).toEqual([
      'execution.queued',
      'execution.started',
      'step.started',
      'step.progress',
      'step.progress',
      'step.progress',
      'step.completed',
      'execution.completed',
    ]);
    for (const { type, data } of reader.events) {
      const subject = type?.startsWith('step.') ? `${executionId}/only` : executionId;
      expect(data).toMatchObject({ specversion: '1.0', source: '//node-7/orchestra', type, subject, run: 1 });
      expect(data.data).toMatchObject({ executionId, workflowId: 'one-step' });
    }
    expect(reader.events[4]?.data.data).toMatchObject({ progress: 2, total: 3, message: 'half\nway' });
  });

  it('go on exactly behind any of them: no gap, none twice', async () => {
    const executionId = await service.client.submit(oneStep('local', { do: 'report', times: 5 }));
    const all = await readWhole(service, streamOf(executionId));
    expect(all).toHaveLength(10);
    expect(new Set(all.map(({ data }) => data.id)).size).toBe(all.length);
    for (const [at, { id = '' }] of all.slice(0, -1).entries()) {
      const rest = await readWhole(service, streamOf(executionId), { 'last-event-id': id });
      expect([...all.slice(0, at + 1), ...rest]).toEqual(all);
    }
    const [first, second] = all;
    const byQuery = `${streamOf(executionId)}?lastEventId=${first?.id}`;
    expect(await readWhole(service, byQuery)).toEqual(all.slice(1));
    // A client that comes back says it in the header; its address is that of its first visit.
    const again = await readWhole(service, byQuery, { 'last-event-id': second?.id ?? '' });
    expect(again).toEqual(all.slice(2));
    expect(await readWhole(service, streamOf(executionId), { 'last-event-id': '' })).toEqual(all);
  });

  it('go on exactly while they happen, for a reader who loses its connection again and again', async () => {
    const executionId = await service.client.submit(oneStep('local', { do: 'report', times: 100 }));
    const seen: ReadEvent[] = [];
    let cuts = 0;
    for (;;) {
      const last = seen.at(-1)?.id;
      const reader = await read(service, streamOf(executionId), { 'last-event-id': last ?? '' });
      if (reader.status === 204) break;
      const wanted = 1 + (cuts % 7);
      await Promise.race([reader.closed, reader.count(wanted).catch(() => undefined)]);
      seen.push(...reader.events.slice(0, wanted));
      reader.vanish();
      cuts++;
    }
    expect(cuts).toBeGreaterThan(5);
    expect(seen).toEqual(await readWhole(service, streamOf(executionId)));
  });

  it('are over behind the final one: 204, which tells an EventSource to stay away', async () => {
    const executionId = await service.client.submit(oneStep('local'));
    const last = (await readWhole(service, streamOf(executionId))).at(-1)?.id ?? '';
    const answer = await service.client.get(streamOf(executionId), { headers: { 'last-event-id': last } });
    expect(answer).toMatchObject({ status: 204, text: '' });
  });

  it('have heartbeats between them', async () => {
    const executionId = await service.client.submit(oneStep('local', { do: 'sleep', ms: 60_000 }));
    const reader = await read(service, streamOf(executionId));
    await eventually(() => reader.heartbeats >= 3);
    expect(reader.text).toContain(': heartbeat\n');
    await service.client.post(`/v1/executions/${executionId}/cancel`);
    await reader.closed;
    expect(reader.types.at(-1)).toBe('execution.cancelled');
  });

  it('are refused with a problem before the first byte', async () => {
    const { client } = service;
    const executionId = await client.submit(oneStep('local'));
    const other = await client.submit(oneStep('local'));
    const foreign = (await readWhole(service, streamOf(other)))[0]?.id ?? '';
    const cases: [path: string, headers: Record<string, string>, status: number, code: string][] = [
      [streamOf('nobody'), {}, 404, 'EXECUTION_NOT_FOUND'],
      [streamOf(executionId), { 'last-event-id': 'x' }, 400, 'INVALID_CURSOR'],
      [streamOf(executionId), { 'last-event-id': foreign }, 400, 'INVALID_CURSOR'],
      [`${streamOf(executionId)}?lastEventId=9999999999999999`, {}, 400, 'INVALID_CURSOR'],
      [`${streamOf(executionId)}?after=1`, {}, 400, 'VALIDATION_FAILED'],
      [streamOf(executionId), { 'last-event-id': 'x'.repeat(257) }, 400, 'VALIDATION_FAILED'],
      [streamOf(executionId), { accept: 'application/json' }, 406, 'NOT_ACCEPTABLE'],
      ['/v1/events', { accept: 'text/event-stream;q=0' }, 406, 'NOT_ACCEPTABLE'],
      ['/v1/events', { 'last-event-id': 'x' }, 400, 'INVALID_CURSOR'],
      ['/v1/events?type=step.exploded', {}, 400, 'VALIDATION_FAILED'],
      ['/v1/events?type=', {}, 400, 'VALIDATION_FAILED'],
      ['/v1/events?type=step.failed&type=agent.failed', {}, 400, 'VALIDATION_FAILED'],
      ['/v1/events?executionId=', {}, 400, 'VALIDATION_FAILED'],
      ['/v1/events?capability=local', {}, 400, 'VALIDATION_FAILED'],
    ];
    for (const [path, headers, status, code] of cases) {
      const answer = await client.get(path, { headers });
      expect({ path, status: answer.status, code: answer.json.code }).toEqual({ path, status, code });
      expect(answer.headers['content-type']).toBe('application/problem+json');
    }
    const { json } = await client.get('/v1/events?type=step.exploded');
    expect(json.errors).toEqual([{ path: 'type[0]', message: expect.stringContaining('"step.*"') }]);
  });

  it('are told as a gap where the log keeps them no longer: at the start, and behind one of them', async () => {
    const pool = functionPool('local', { size: { min: 16 } });
    const service = await startService({ config: { pools: [pool] } });
    const executionId = await service.client.submit(longHistory);
    const early = await read(service, streamOf(executionId));
    await early.count(1);
    const first = early.events[0]?.id ?? '';
    early.vanish();
    await service.client.finished(executionId);
    const whole = await readWhole(service, streamOf(executionId));
    expect(whole).toHaveLength(1 + 10_000);
    expect(whole[0]).toEqual({ id: undefined, type: 'gap', data: { missed: 203 } });
    expect(whole.at(-1)?.type).toBe('execution.completed');
    const resume = (id = ''): Promise<ReadEvent[]> =>
      readWhole(service, streamOf(executionId), { 'last-event-id': id });
    expect(await resume(first)).toEqual([{ ...whole[0], data: { missed: null } }, ...whole.slice(1)]);
    expect(await resume(whole[1]?.id)).toEqual(whole.slice(2));
    const headers = { 'last-event-id': '9'.repeat(16) };
    const refused = await service.client.get(streamOf(executionId), { headers });
    expect(refused).toMatchObject({ status: 400, json: { code: 'INVALID_CURSOR' } });
  });

  it('answer a HEAD with the head alone', async () => {
    const executionId = await service.client.submit(oneStep('local'));
    const answer = await service.client.send('HEAD', streamOf(executionId));
    expect(answer).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'text/event-stream' } });
  });
});

describe('the events of the service, live', () => {
  it('are told to all who ask, with the same identity as in the stream of their execution', async () => {
    const service = await startService({ config: { pools: [functionPool('local')] } });
    const everything = await read(service, '/v1/events');
    const steps = await read(service, '/v1/events?type=step.*,execution.failed&workflowId=one-step');
    const { executionId } = await service.client.run(oneStep('local'));
    const mine = await read(service, `/v1/events?executionId=${executionId}`);
    await service.client.run({ ...oneStep('local'), id: 'another' });
    const failed = await service.client.submit(oneStep('local', { do: 'throw', message: 'no' }));
    await everything.count(15);
    await steps.count(5);
    const logged = await readWhole(service, streamOf(executionId));
    expect(everything.events.slice(0, 5).map(({ data }) => data)).toEqual(logged.map(({ data }) => data));
    expect(steps.types).toEqual([
      'step.started',
      'step.completed',
      'step.started',
      'step.failed',
      'execution.failed',
    ]);
    expect(steps.events.at(-1)?.data.subject).toBe(failed);
    expect(mine.events).toEqual([]);
    for (const reader of [everything, steps, mine]) reader.vanish();
  });

  it('go on behind the one a reader saw last, and say so when they cannot', async () => {
    const service = await startService({
      config: { events: { maxRecentEvents: 20 }, pools: [functionPool('local')] },
    });
    const reader = await read(service, '/v1/events');
    await service.client.run(oneStep('local'));
    await reader.count(5);
    reader.vanish();
    await service.client.run(oneStep('local'));
    const again = await read(service, '/v1/events', { 'last-event-id': reader.lastEventId ?? '' });
    await again.count(5);
    expect(again.types).toEqual(reader.types);
    expect(again.events[0]?.data.id).not.toBe(reader.events[0]?.data.id);
    again.vanish();
    for (let n = 0; n < 6; n++) await service.client.run(oneStep('local'));
    const late = await read(service, '/v1/events', { 'last-event-id': again.lastEventId ?? '' });
    await late.count(21);
    expect(late.types[0]).toBe('gap');
    expect(late.events[0]?.data.missed).toBe(10);
    late.vanish();

    const other = await startService({ config: { pools: [functionPool('local')] } });
    const elsewhere = await read(other, '/v1/events', { 'last-event-id': late.lastEventId ?? '' });
    await elsewhere.count(1);
    expect(elsewhere.events).toMatchObject([{ type: 'gap', data: { missed: null } }]);
    elsewhere.vanish();
  });

  it('are for keys with the scope `read` alone', async () => {
    const keyOf = (key: string, scopes: string[]) => ({
      id: key,
      sha256: createHash('sha256').update(key).digest('hex'),
      scopes,
    });
    const service = await startService({
      config: { auth: { apiKeys: [keyOf('reads', ['read']), keyOf('runs', ['execute'])] } },
    });
    for (const path of ['/v1/events', streamOf('any')]) {
      const anonymous = await service.client.get(path);
      expect(anonymous).toMatchObject({ status: 401, json: { code: 'UNAUTHENTICATED' } });
      expect(anonymous.headers['content-type']).toBe('application/problem+json');
      const headers = { authorization: 'Bearer runs' };
      expect(await service.client.get(path, { headers })).toMatchObject({
        status: 403,
        json: { code: 'FORBIDDEN' },
      });
    }
    const reader = await read(service, '/v1/events', { authorization: 'Bearer reads' });
    expect(reader.status).toBe(200);
    reader.vanish();
  });
});

describe('the end of the service', () => {
  it('ends every stream: in order, with the last event, and a hint when to come again', async () => {
    const service = await startService({ config: { pools: [functionPool('local', { size: { min: 2 } })] } });
    const short = await service.client.submit(oneStep('local', { do: 'sleep', ms: 700 }));
    const watching = await Promise.all(Array.from({ length: 5 }, () => read(service, streamOf(short))));
    const following = await Promise.all(Array.from({ length: 20 }, () => read(service, '/v1/events')));
    await Promise.all(watching.map((reader) => reader.count(3)));
    const { code, stderr, durationMs } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(durationMs).toBeLessThan(SOON_MS);
    await Promise.all([...watching, ...following].map(({ closed }) => closed));
    for (const reader of watching) {
      expect([reader.types.at(-1), reader.isWhole]).toEqual(['execution.completed', true]);
      expect(reader.retries).toEqual([1_000]);
    }
    for (const reader of following) {
      expect([reader.types.at(-1), reader.isWhole]).toEqual(['execution.completed', true]);
      expect(reader.retries).toEqual([1_000, 5_000]);
    }
  });

  it('is held up by no reader who takes nothing of a big stream (fault 39)', async () => {
    const service = await startService({ config: { pools: [functionPool('local', { size: { min: 8 } })] } });
    const execution = await service.client.run(manyEvents);
    const stuck = await read(service, streamOf(execution.executionId));
    stuck.pause();
    const { code, durationMs } = await service.stop();
    expect(code).toBe(0);
    expect(durationMs).toBeLessThan(SOON_MS);
    stuck.resume();
    await stuck.closed;
    expect(stuck.isWhole).toBe(false);
    expect(stuck.events.length).toBeLessThan(8_000);
  });

  it('is not waited for by a reader who takes nothing: it is cut off before (fault 39)', async () => {
    const service = await startService({
      config: { events: { readerTimeoutMs: 300 }, pools: [functionPool('local', { size: { min: 8 } })] },
    });
    const execution = await service.client.run(manyEvents);
    const stuck = await read(service, streamOf(execution.executionId));
    stuck.pause();
    const open = async (): Promise<string | undefined> =>
      /^orchestra_event_streams (\d+)$/m.exec((await service.client.get('/metrics')).text)?.[1];
    expect(await open()).toBe('1');
    await eventually(async () => (await open()) === '0');
    stuck.resume();
    await stuck.closed;
    expect(stuck.isWhole).toBe(false);
  });
});

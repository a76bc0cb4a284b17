import { createHash } from 'node:crypto';
import type { OrchestraEventMap } from '#events';
import type { Answer } from './helpers/client.js';
import { EventReader } from './helpers/event-reader.js';
import { eventually } from './helpers/eventually.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

const CONFIG = { pools: [functionPool('local')] };
const workflow = oneStep('local');
const DAY_MS = 86_400_000;

describe('schedules over REST', () => {
  let service: Service;
  beforeAll(async () => (service = await startService({ lifetime: 'file', config: CONFIG })));

  const create = (body: object): Promise<Answer> => service.client.post('/v1/schedules', body);

  it('are created, read, listed and deleted', async () => {
    const id = 'a/b ü';
    const created = await create({ id, cron: '0 7 * * MON', timezone: 'Europe/Berlin', workflow, input: 1 });
    expect(created.status).toBe(201);
    expect(created.headers.location).toBe('/v1/schedules/a%2Fb%20%C3%BC');
    expect(created.json).toMatchObject({ scheduleId: id, workflow, input: 1, lastAt: null });
    expect(Date.parse(created.json.nextAt)).toBeGreaterThan(Date.now());
    const path = created.headers.location as string;
    expect((await service.client.get(path)).json).toEqual(created.json);

    const { scheduleId } = (await create({ everyMs: DAY_MS, workflow })).json;
    const page = (await service.client.get('/v1/schedules?limit=1')).json;
    expect(page.items.map((item: { scheduleId: string }) => item.scheduleId)).toEqual([scheduleId]);
    expect(page.items[0]).not.toHaveProperty('workflow');
    const rest = (await service.client.get(`/v1/schedules?cursor=${page.nextCursor}`)).json;
    expect(rest.items.map((item: { scheduleId: string }) => item.scheduleId)).toContain(id);

    expect(await service.client.send('DELETE', path)).toMatchObject({ status: 204, text: '' });
    expect(await service.client.send('DELETE', path)).toMatchObject({
      status: 404,
      json: { code: 'SCHEDULE_NOT_FOUND' },
    });
  });

  it('fire, and say so in an event', async () => {
    const reader = await EventReader.open(`${service.url}/v1/events?type=schedule.*`);
    const at = new Date(Date.now() + 300).toISOString();
    expect((await create({ id: 'soon', at, workflow })).status).toBe(201);
    await reader.count(3);
    reader.vanish();
    const types = [...reader.text.matchAll(/^event: (\S+)$/gm)].map(([, type]) => type);
    expect(types).toEqual(['schedule.created', 'schedule.fired', 'schedule.deleted']);
    const data = [...reader.text.matchAll(/^data: (.*)$/gm)].map(
      ([, text = '']) => JSON.parse(text) as { data: object; subject: string },
    );
    const fired = data[1]!.data as OrchestraEventMap['schedule.fired'];
    expect(data[1]!.subject).toBe('soon');
    expect(fired).toMatchObject({ scheduleId: 'soon', at, workflowId: workflow.id });
    expect((await service.client.finished(fired.executionId)).status).toBe('completed');
    expect((await service.client.get('/v1/schedules/soon')).status).toBe(404);
  });

  it('fire again and again', async () => {
    const { scheduleId } = (await create({ everyMs: 1_000, workflow })).json;
    const read = async () => (await service.client.get(`/v1/schedules/${scheduleId}`)).json;
    const first = await eventually(async () => {
      const schedule = await read();
      return schedule.lastExecutionId === null ? undefined : schedule;
    });
    const second = await eventually(async () => {
      const schedule = await read();
      return schedule.lastExecutionId === first.lastExecutionId ? undefined : schedule;
    });
    expect(Date.parse(second.lastAt) - Date.parse(first.lastAt)).toBe(1_000);
    await service.client.send('DELETE', `/v1/schedules/${scheduleId}`);
  });

  it('are refused with everything that is wrong, wherever it is', async () => {
    const { status, json } = await service.client.post('/v1/schedules?surprise=1', {
      cron: '99 * * * *',
      timezone: 'Mars/Phobos',
      missed: 'never',
      workflow: oneStep('nowhere'),
    });
    expect(status).toBe(400);
    expect(json.errors.map(({ path }: { path: string }) => path)).toEqual([
      'surprise',
      'cron',
      'timezone',
      'missed',
      'workflow.steps[0].capability',
    ]);
    expect((await create({ everyMs: DAY_MS, at: '2099-01-01T00:00:00Z', workflow })).json.errors).toEqual([
      { path: 'at', message: 'cannot be given together with everyMs' },
    ]);
  });

  it('are bounded, and have ids of their own', async () => {
    const full = await startService({ config: { ...CONFIG, schedules: { maxSchedules: 1 } } });
    const post = (id: string) =>
      full.client.post('/v1/schedules', { id, at: '2099-01-01T00:00:00Z', workflow });
    expect((await post('a')).status).toBe(201);
    expect(await post('b')).toMatchObject({ status: 409, json: { code: 'SCHEDULES_FULL' } });
    await create({ id: 'taken', everyMs: DAY_MS, workflow });
    expect(await create({ id: 'taken', everyMs: DAY_MS, workflow })).toMatchObject({
      status: 409,
      json: { code: 'SCHEDULE_EXISTS' },
    });
  });

  it('ask for the scope of what they do', async () => {
    const key = (id: string, scopes: string[]) => ({
      id,
      sha256: createHash('sha256').update(`${id}-0123456789abcdef`).digest('hex'),
      scopes,
    });
    const secured = await startService({
      config: { ...CONFIG, auth: { apiKeys: [key('reader', ['read']), key('runner', ['execute'])] } },
    });
    const as = (id: string) => ({ headers: { 'x-api-key': `${id}-0123456789abcdef` } });
    const body = { id: 'a', everyMs: DAY_MS, workflow };
    const statuses = async (id: string): Promise<number[]> => [
      (await secured.client.post('/v1/schedules', body, as(id))).status,
      (await secured.client.get('/v1/schedules', as(id))).status,
      (await secured.client.get('/v1/schedules/a', as(id))).status,
      (await secured.client.send('DELETE', '/v1/schedules/a', as(id))).status,
    ];
    expect(await statuses('reader')).toEqual([403, 200, 404, 403]);
    expect(await statuses('runner')).toEqual([201, 403, 403, 204]);
  });

  it('do not keep the service from ending, and are lost with the memory driver', async () => {
    const ending = await startService({ config: CONFIG });
    await ending.client.post('/v1/schedules', { everyMs: DAY_MS, workflow });
    expect(await ending.stop()).toMatchObject({ code: 0 });
  });
});

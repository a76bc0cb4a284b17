import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AgentPool, AgentPoolModule, type Lease } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { createFastifyAdapter } from '#http';
import { ProblemsModule } from '../problems/problems.module.js';
import { PoolsController } from './pools.controller.js';

describe('PoolsController', () => {
  let app: NestFastifyApplication;
  let pool: AgentPool;

  beforeEach(async () => {
    const factory = new FunctionAgentFactory(() => null);
    const module = await Test.createTestingModule({
      imports: [
        ProblemsModule,
        AgentPoolModule.forRoot({ pools: [{ capability: 'a/b ✓', size: { min: 2, max: 3 }, factory }] }),
      ],
      controllers: [PoolsController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    await app.init();
    pool = app.get(AgentPool);
    await pool.whenProvisioned();
  });

  afterEach(() => app.close());

  const post = async (path: string, payload?: object, capability = 'a/b ✓') => {
    const url = `/v1/pools/${encodeURIComponent(capability)}/${path}`;
    const answer = await app.inject({ method: 'POST', url, payload });
    return { status: answer.statusCode, body: answer.json() };
  };

  it('drains a pool and resumes it', async () => {
    const held = await pool.lease('a/b ✓');
    expect(await post('drain')).toMatchObject({ status: 202, body: { state: 'draining' } });
    held.release({ ok: true, durationMs: 1 });
    expect(await post('drain', {})).toMatchObject({ status: 202, body: { state: 'drained' } });

    let served: Lease | undefined;
    const waiting = pool.lease('a/b ✓').then((lease) => (served = lease));
    expect(pool.pool('a/b ✓')?.leases.waiting).toBe(1);
    expect(served).toBeUndefined();
    expect(await post('resume')).toMatchObject({ status: 200, body: { state: 'running' } });
    (await waiting).release({ ok: true, durationMs: 1 });
  });

  it('resizes a pool and shows it', async () => {
    expect(await post('resize', { min: 4, max: 8 })).toMatchObject({
      status: 202,
      body: {
        size: { min: 4, max: 8, current: 4 },
        lastScaling: { from: 2, to: 4, reasons: ['resized'] },
      },
    });
  });

  it.each([
    [{ min: 4 }, ['max']],
    [{ min: 0, max: 1_001, size: 3 }, ['min', 'max', 'size']],
    [{}, ['']],
  ])('answers 400 to a size of %j, naming each problem', async (size, paths) => {
    const { status, body } = await post('resize', size);
    expect(status).toBe(400);
    const found = (body.errors as { path: string }[]).map(({ path }) => path);
    expect(found.sort()).toEqual([...paths].sort());
    expect(pool.pool('a/b ✓')?.size).toEqual({ min: 2, max: 3, current: 2 });
  });

  it.each([
    ['drain', undefined],
    ['resume', undefined],
    ['resize', { min: 1 }],
  ])('answers 404 to %s where there is no such pool, 400 to what it does not know', async (path, body) => {
    expect(await post(path, body, 'nothing')).toMatchObject({
      status: 404,
      body: { code: 'CAPABILITY_UNKNOWN', detail: 'there is no pool of capability "nothing"' },
    });
    expect(await post(`${path}?x=1`, body)).toMatchObject({ status: 400 });
    expect(await post(path, { ...body, surprise: 1 })).toMatchObject({ status: 400 });
  });
});

import { Test } from '@nestjs/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AgentPool, AgentPoolModule } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { createFastifyAdapter } from '#http';
import { ProblemsModule } from '../problems/problems.module.js';
import { AgentsController } from './agents.controller.js';

const factory = new FunctionAgentFactory(() => null);

describe('AgentsController', () => {
  let app: NestFastifyApplication;

  beforeAll(async () => {
    const module = await Test.createTestingModule({
      imports: [
        ProblemsModule,
        AgentPoolModule.forRoot({
          pools: [
            { capability: 'hash', size: { min: 2 }, factory },
            { capability: 'a/b ✓', factory },
          ],
        }),
      ],
      controllers: [AgentsController],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    await app.init();
    await app.get(AgentPool).whenProvisioned();
  });

  afterAll(() => app.close());

  const read = (url: string) => app.inject({ method: 'GET', url });

  it('shows every agent', async () => {
    const answer = await read('/v1/agents');
    expect(answer.statusCode).toBe(200);
    expect(answer.json().items).toHaveLength(3);
    expect(answer.json().items[0]).toMatchObject({
      capability: 'hash',
      kind: 'function',
      state: 'idle',
      resources: null,
    });
  });

  it('shows every pool', async () => {
    const { items } = (await read('/v1/pools')).json();
    expect(items).toMatchObject([
      { capability: 'hash', health: 'healthy', size: { min: 2, max: 2, current: 2 } },
      { capability: 'a/b ✓', selection: 'least-loaded' },
    ]);
  });

  it.each(['hash', 'a/b ✓'])('shows the pool of capability %j', async (capability) => {
    const answer = await read(`/v1/pools/${encodeURIComponent(capability)}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ capability });
  });

  it('answers 404 where there is no such pool', async () => {
    const answer = await read('/v1/pools/nothing');
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({
      code: 'CAPABILITY_UNKNOWN',
      detail: 'there is no pool of capability "nothing"',
    });
  });

  it.each([
    '/v1/agents?x=1',
    '/v1/pools?x',
    '/v1/pools/hash?x=1',
    '/v1/pools/%00',
    `/v1/pools/${'x'.repeat(257)}`,
  ])('answers 400 to %s', async (url) => {
    const answer = await read(url);
    expect(answer.statusCode).toBe(400);
    expect(answer.json().errors).toHaveLength(1);
  });
});

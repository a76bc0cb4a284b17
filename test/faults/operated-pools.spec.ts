/** Pools that are resized, drained, scaled and renewed while they work: nothing that was accepted is lost. */
import type { PoolSnapshot } from '#agent-pool';
import type { Execution } from '#dispatch';
import { eventually } from '../helpers/eventually.js';
import { startService, type Service } from '../helpers/service.js';
import { functionPool, oneStep } from '../helpers/workflows.js';

const EXECUTIONS = 60;
const work = oneStep('local', { do: 'sleep', ms: 250 });

describe('FAULTS 58: a pool that is operated while it is busy', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: {
        dispatch: { maxConcurrentWorkflows: EXECUTIONS },
        pools: [
          functionPool('local', {
            size: { min: 8 },
            scaling: { shrinkAfterMs: 1_000 },
            recycleAfterTasks: 5,
          }),
        ],
      },
    });
  });

  const operate = async (what: string, body?: object): Promise<PoolSnapshot> => {
    const { status, json, text } = await service.client.post(`/v1/pools/local/${what}`, body);
    if (status >= 300) throw new Error(`refused: ${status} ${text}`);
    return json as PoolSnapshot;
  };
  const pool = async (): Promise<PoolSnapshot> =>
    (await service.client.get('/v1/pools/local')).json as PoolSnapshot;

  const submitted = (): Promise<string[]> =>
    Promise.all(Array.from({ length: EXECUTIONS }, () => service.client.submit(work)));

  const outcome = async (ids: string[]): Promise<string[]> => {
    const executions: Execution[] = await Promise.all(ids.map((id) => service.client.finished(id)));
    return [...new Set(executions.map(({ status, steps }) => `${status} after ${steps.only?.attempts}`))];
  };

  it('loses nothing when it is made smaller and larger under load', async () => {
    const ids = await submitted();
    await eventually(async () => (await pool()).agents.busy === 8);
    expect(await operate('resize', { min: 1, max: 1 })).toMatchObject({
      size: { min: 1, max: 1, current: 1 },
    });
    expect(await operate('resize', { min: 2, max: 12 })).toMatchObject({ size: { min: 2, max: 12 } });

    expect(await outcome(ids)).toEqual(['completed after 1']);
    expect((await pool()).leases).toEqual({ active: 0, waiting: 0 });
  });

  it('grows with the load, and shrinks when it is over', async () => {
    const ids = await submitted();
    await eventually(async () => (await pool()).size.current === 12);
    expect(await outcome(ids)).toEqual(['completed after 1']);
    const quiet = await eventually(async () => {
      const now = await pool();
      return now.size.current === 2 && now.agents.draining === 0 ? now : undefined;
    });
    expect(quiet.lastScaling).toMatchObject({ to: 2, reasons: ['surplus'] });
  });

  it('keeps its tasks waiting while it is drained, and says so', async () => {
    await operate('drain');
    const ids = await submitted();
    const drained = await eventually(async () => {
      const now = await pool();
      return now.leases.waiting === EXECUTIONS ? now : undefined;
    });
    expect(drained).toMatchObject({ state: 'drained', leases: { active: 0 } });
    expect((await service.client.get('/health')).json).toMatchObject({
      status: 'degraded',
      details: { pools: { details: { local: { state: 'drained', health: 'healthy' } } } },
    });

    await operate('resume');
    expect(await outcome(ids)).toEqual(['completed after 1']);
    expect((await service.client.get('/health')).json.status).toBe('ok');
  });

  it('does all that without a warning', () => {
    expect(service.stderr).toBe('');
  });
});

/** Three instances that answer for each other. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EventReader } from '../helpers/event-reader.js';
import { eventually } from '../helpers/eventually.js';
import { tell } from '../helpers/figures.js';
import { Fleet, QUICK, RECORDED } from '../helpers/fleet.js';
import { expectOracle } from '../helpers/oracle.js';
import { expectProblem } from '../helpers/problems.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { chain, oneStep } from '../helpers/workflows.js';

const TOTAL = 6;
const DEPTH = 20;

describeWithRedis('three instances', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    const dispatch = { ...QUICK, maxConcurrentWorkflowsTotal: TOTAL, maxQueueDepth: DEPTH };
    fleet = await Fleet.start({ instances: 3, lifetime: 'file', dispatch });
  });

  const submit = async (nth: number, workflow: object, more: object = {}): Promise<string> => {
    const executionId = await fleet.ledger.submit(fleet.at(nth), { workflow, ...more });
    if (executionId === undefined) throw new Error('refused');
    return executionId;
  };

  it('list what any of them accepted, newest first, in pages that go on anywhere', async () => {
    const ids: string[] = [];
    for (let nth = 0; nth < 6; nth++)
      ids.unshift(await submit(nth % 3, { ...oneStep(RECORDED), id: 'listed' }));
    for (const executionId of ids) {
      for (const { client } of fleet.instances)
        expect((await client.finished(executionId)).workflowId).toBe('listed');
    }
    const seen: string[] = [];
    let cursor: string | null = '';
    for (let page = 0; cursor !== null; page++) {
      const more: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const { items, nextCursor } = await fleet
        .at(page % 3)
        .client.list(`?workflowId=listed&status=completed&limit=2${more}`);
      seen.push(...items.map(({ executionId }) => executionId));
      cursor = nextCursor;
    }
    expect(seen).toEqual(ids);
  });

  it('hear of a cancel within 500 ms, whoever is asked', async () => {
    const executionId = (await fleet.ledger.submit(
      fleet.at(0),
      { workflow: oneStep(RECORDED, { sleepMs: 30_000 }) },
      { ends: ['cancelled'] },
    )) as string;
    const { pid } = await eventually(() => fleet.effects.begun(executionId)[0]);
    const other = fleet.instances.find((instance) => instance.pid !== pid) ?? fleet.at(0);
    const from = Date.now();
    expect(
      (await other.client.post(`/v1/executions/${executionId}/cancel`, { reason: 'enough' })).status,
    ).toBe(202);
    const broken = await eventually(() =>
      fleet.effects.of(executionId).find(({ phase }) => phase === 'broken'),
    );
    const cancelMs = broken.at - from;
    expect(broken).toMatchObject({ pid, reason: 'cancel' });
    expect(cancelMs).toBeLessThan(500);
    for (const { client } of fleet.instances)
      expect((await client.finished(executionId)).status).toBe('cancelled');
    tell({ cancelMs });
  });

  it('go on with a stream of events where another one left off', async () => {
    const executionId = await submit(
      0,
      chain(
        RECORDED,
        Array.from({ length: 6 }, () => ({ sleepMs: 150 })),
      ),
    );
    const path = `/v1/executions/${executionId}/events`;
    const seen: (string | undefined)[] = [];
    let last: string | undefined;
    for (let nth = 0; nth < 3; nth++) {
      const headers = last === undefined ? undefined : { 'last-event-id': last };
      const reader = await EventReader.open(`${fleet.at(nth).url}${path}`, { headers });
      if (nth < 2) await reader.count(4);
      else await reader.closed;
      reader.vanish();
      last = reader.lastEventId;
      seen.push(...reader.events.map(({ data }) => data.id));
    }
    const whole = await EventReader.open(`${fleet.at(1).url}${path}`);
    await whole.closed;
    expect(whole.types.at(-1)).toBe('execution.completed');
    expect(seen).toEqual(whole.events.map(({ data }) => data.id));
  });

  it('take one idempotency key, sent to all of them at once, for one execution', async () => {
    const body = { workflow: oneStep(RECORDED) };
    const headers = { 'idempotency-key': 'the same everywhere' };
    const ids = await Promise.all(
      Array.from({ length: 30 }, (_, nth) => fleet.ledger.submit(fleet.at(nth % 3), body, { headers })),
    );
    expect(new Set(ids).size).toBe(1);
    await fleet.at(0).client.finished(ids[0] ?? '');
    expect(fleet.effects.begun(ids[0] ?? '')).toHaveLength(1);
  });

  it('run no more executions at once than all together may', async () => {
    await eventually(async () => (await fleet.at(0).client.list('?status=running')).items.length === 0);
    const from = Date.now();
    await Promise.all(
      Array.from({ length: 12 }, (_, nth) => submit(nth % 3, oneStep(RECORDED, { sleepMs: 400 }))),
    );
    await eventually(
      async () => {
        const pages = await Promise.all(
          ['pending', 'running'].map((status) => fleet.at(1).client.list(`?status=${status}`)),
        );
        return pages.every(({ items }) => items.length === 0);
      },
      { within: 15_000 },
    );
    let now = 0;
    let most = 0;
    for (const { phase, at } of fleet.effects.all()) {
      if (at < from) continue;
      now += phase === 'begin' ? 1 : -1;
      most = Math.max(most, now);
    }
    expect(most).toBe(TOTAL);
  });

  it('refuse what is more than may wait in all', async () => {
    const workflow = oneStep(RECORDED, { sleepMs: 500 });
    const answers = await Promise.all(
      Array.from({ length: 90 }, (_, nth) => fleet.at(nth % 3).client.post('/v1/executions', { workflow })),
    );
    const refused = answers.filter(({ status }) => status !== 202);
    const accepted = answers.length - refused.length;
    for (const answer of refused) {
      expectProblem(answer, 503, 'QUEUE_FULL');
      expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(accepted).toBeGreaterThanOrEqual(DEPTH);
    // Beyond the bound there may be what was on its way at the same time, of each instance.
    expect(accepted).toBeLessThanOrEqual(3 * DEPTH + TOTAL);
    // One at a time nobody gets past it.
    const late = await fleet.at(1).client.post('/v1/executions', { workflow });
    if (accepted > DEPTH + TOTAL) expectProblem(late, 503, 'QUEUE_FULL');
    tell({ accepted, refused: refused.length });
  });

  it('retry what another one has seen fail, from the step that failed', async () => {
    const { client } = fleet.at(0);
    const obstacle = join(fleet.at(0).folder, 'obstacle');
    writeFileSync(obstacle, '');
    const step = { capability: RECORDED, retry: { maxAttempts: 1 } };
    const workflow = {
      id: 'retried',
      steps: [
        { ...step, id: 'kept' },
        { ...step, id: 'failing', dependsOn: ['kept'], input: { failsWhile: obstacle } },
      ],
    };
    const executionId = await eventually(() => client.submit(workflow), { within: 10_000 });
    expect((await client.finished(executionId)).status).toBe('failed');
    rmSync(obstacle);
    expect((await fleet.at(1).client.post(`/v1/executions/${executionId}/retry`)).status).toBe(202);
    const { status, steps } = await fleet.at(2).client.finished(executionId);
    expect(status).toBe('completed');
    expect(steps.kept?.attempts).toBe(1);
    expect(fleet.effects.begun(executionId, 'kept')).toHaveLength(1);
    expect(fleet.effects.begun(executionId, 'failing')).toHaveLength(2);
  });

  it('have lost nothing of all that', async () => {
    tell(await expectOracle(fleet));
  });
});

/** Whoever accepts an execution writes it down first and adds its job then. Here it dies in between. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually } from '../helpers/eventually.js';
import { Fleet, RECORDED, RECORDER } from '../helpers/fleet.js';
import { describeWithRedis } from '../helpers/redis-server.js';
import { ROOT } from '../helpers/service.js';
import { oneStep } from '../helpers/workflows.js';

const PROGRAM = join(ROOT, 'test/fixtures/submit-and-die.mjs');
const KEY = 'asked twice';
const workflow = oneStep(RECORDED, {});

async function submitAndDie(fleet: Fleet, moment: 'before' | 'after'): Promise<void> {
  const args = [PROGRAM, moment, fleet.redis.url, KEY, JSON.stringify(workflow), RECORDER];
  const env = { PATH: process.env.PATH, EFFECTS_FILE: fleet.effects.file };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
}

/** Ran once, and is on record. */
async function expectOnce(fleet: Fleet, executionId: string): Promise<void> {
  expect((await fleet.at(0).client.finished(executionId)).status).toBe('completed');
  expect(fleet.effects.begun(executionId)).toHaveLength(1);
  expect((await fleet.at(0).client.list()).items).toHaveLength(1);
}

describeWithRedis('a submit that dies between store and queue', () => {
  it('before the job is added: the next start of an instance adds it', async () => {
    const fleet = await Fleet.start({ instances: 1 });
    await submitAndDie(fleet, 'before');
    const [orphan] = (await fleet.at(0).client.list()).items;
    expect(orphan?.status).toBe('pending');
    expect(fleet.effects.all()).toEqual([]);
    const next = await fleet.add();
    await expectOnce(fleet, orphan?.executionId ?? '');
    await eventually(() =>
      next.output.includes(`execution ${orphan?.executionId} was pending without a job`),
    );
  });

  it('before the job is added: its repeat adds it', async () => {
    const fleet = await Fleet.start({ instances: 1 });
    await submitAndDie(fleet, 'before');
    const [orphan] = (await fleet.at(0).client.list()).items;
    const headers = { 'idempotency-key': KEY };
    expect(await fleet.ledger.submit(fleet.at(0), { workflow }, { headers })).toBe(orphan?.executionId);
    await expectOnce(fleet, orphan?.executionId ?? '');
  });

  it('after the job was added: it runs, and its repeat is the same execution', async () => {
    const fleet = await Fleet.start({ instances: 1 });
    await submitAndDie(fleet, 'after');
    const [accepted] = await eventually(async () => {
      const { items } = await fleet.at(0).client.list();
      return items.length > 0 ? items : undefined;
    });
    const headers = { 'idempotency-key': KEY };
    expect(await fleet.ledger.submit(fleet.at(0), { workflow }, { headers })).toBe(accepted?.executionId);
    await expectOnce(fleet, accepted?.executionId ?? '');
  });
});

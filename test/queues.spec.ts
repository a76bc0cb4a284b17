import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../src/cli/run-cli.js';
import { makeCli } from '../src/cli/testing/make-cli.js';
import { CliProcess, type CliExit } from './helpers/cli.js';
import { eventually } from './helpers/eventually.js';
import { Fleet, RECORDED } from './helpers/fleet.js';
import { RedisServer, describeWithRedis } from './helpers/redis-server.js';
import type { Service } from './helpers/service.js';
import { chain, oneStep } from './helpers/workflows.js';

let cwd: string;
beforeAll(() => (cwd = mkdtempSync(join(tmpdir(), 'queues-'))));
afterAll(() => rmSync(cwd, { recursive: true }));

function envOf(url: string): Record<string, string> {
  return { ORCHESTRA_DRIVER: 'bullmq', REDIS_URL: url };
}

/** `orchestra queues ...` in this process, which is a second sooner at work than one of its own. */
async function run(args: readonly string[], env: Record<string, string>, stdin?: string): Promise<CliExit> {
  const cli = makeCli({ cwd, env, stdin });
  // Signals of this process are not about it.
  cli.interrupts.listen = () => undefined;
  const code = await runCli(['queues', ...args], cli);
  return { code, stdout: cli.stdout.text, stderr: cli.stderr.text };
}

/** The same on the Redis at that address. */
function queues(url: string, args: readonly string[] = [], stdin?: string): Promise<CliExit> {
  return run(args, envOf(url), stdin);
}

interface Figures {
  queues: { name: string; paused: boolean; waiting: number; active: number }[];
  executions: Record<string, number>;
}

async function figures(url: string): Promise<Figures> {
  const { stdout, stderr } = await queues(url, ['--json']);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as Figures;
}

const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');

/** As many executions as asked for, each like the one of that line but for its id. */
function multiply(line: string, count: number): string {
  const { executionId } = (JSON.parse(line) as { facts: { executionId: string } }).facts;
  return Array.from({ length: count }, (_, at) => `${line.replaceAll(executionId, `copy-${at}`)}\n`).join('');
}

describe('orchestra queues', () => {
  it('refuses the memory driver: nothing there can be reached from outside', async () => {
    const { code, stdout, stderr } = await run(['pause'], {});
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('driver memory keeps queue and executions in the process of the service');
  });

  it('tells in time that Redis is not there, and where', async () => {
    const startedAt = Date.now();
    const { code, stderr } = await queues('redis://127.0.0.1:1');
    expect(code).toBe(1);
    expect(stderr).toContain('Redis at 127.0.0.1:1: cannot be used: ');
    expect(Date.now() - startedAt).toBeLessThan(15_000);
  });
});

describeWithRedis('orchestra queues on Redis', () => {
  let fleet: Fleet;
  let service: Service;
  let other: RedisServer;

  beforeAll(async () => {
    fleet = await Fleet.start({ instances: 1, lifetime: 'file' });
    service = fleet.at(0);
    other = await RedisServer.start();
  });
  afterAll(() => other.stop());

  const here = (args: readonly string[] = [], stdin?: string) => queues(fleet.redis.url, args, stdin);
  const there = (args: readonly string[] = [], stdin?: string) => queues(other.url, args, stdin);

  /** Ends in failure, after a first step that does not. */
  async function fail(id: string): Promise<string> {
    const steps = chain(RECORDED, [{}, { failsWhile: cwd }], { id }).steps;
    const workflow = { id, steps: steps.map((step) => ({ ...step, retry: { maxAttempts: 1 } })) };
    return (await service.client.run(workflow)).executionId;
  }

  it('pauses what all instances begin, and resumes it', async () => {
    expect(await here(['pause'])).toEqual({ code: 0, stdout: 'paused; 0 under way go on\n', stderr: '' });
    const id = await service.client.submit(oneStep(RECORDED));
    const { stdout } = await here();
    expect(stdout).toMatch(/^executions +yes +1 +0 +0$/m);
    expect(stdout).toMatch(/^pending +1$/m);
    expect(await figures(fleet.redis.url)).toMatchObject({
      queues: [
        { name: 'executions', paused: true, waiting: 1, active: 0 },
        { name: 'schedules', paused: false },
      ],
      executions: { pending: 1 },
    });
    expect((await service.client.get(`/v1/executions/${id}?waitMs=500`)).json.status).toBe('pending');
    expect(await here(['resume'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^resumed; [01] waiting\n$/),
    });
    expect((await service.client.finished(id)).status).toBe('completed');
  });

  it('runs what failed again, what is asked for of it', async () => {
    const [first, second, third] = [await fail('one'), await fail('one'), await fail('two')];
    const told = (id: string, workflow: string): string => `${id}  ${workflow}  AGENT_ERROR\n`;
    const dry = await here(['retry-failed', '--workflow', 'one', '--dry-run']);
    expect(dry).toEqual({
      code: 0,
      stdout: told(second, 'one') + told(first, 'one'),
      stderr: '2 would run again\n',
    });
    expect(await here(['retry-failed', '--code', 'POISONED'])).toMatchObject({ code: 0, stdout: '' });
    const { finishedAt } = (await service.client.get(`/v1/executions/${third}`)).json;
    const since = await here(['retry-failed', '--since', finishedAt, '--dry-run']);
    expect(since.stdout).toBe(told(third, 'two'));

    const retried = await here(['retry-failed', '--workflow', 'one', '--limit', '1']);
    expect(retried).toEqual({ code: 0, stdout: told(second, 'one'), stderr: '1 run again\n' });
    await service.client.finished(second);
    // The step that had failed alone, of the one execution alone.
    const begun = (id: string): string[] => fleet.effects.begun(id).map(({ stepId }) => stepId);
    expect([begun(first), begun(second)]).toEqual([
      ['s0', 's1'],
      ['s0', 's1', 's1'],
    ]);
  });

  it('moves a house: what it exports, another Redis has; nobody need run it, nor know its capabilities', async () => {
    await here(['pause']);
    const waiting = await service.client.submit(oneStep(RECORDED), {});
    const file = join(cwd, 'house.ndjson');
    const exported = await here(['export', file]);
    expect(exported).toMatchObject({ code: 0, stdout: '' });
    const lines = linesOf(readFileSync(file, 'utf8'));
    expect(exported.stderr).toBe(`${lines.length} exported\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const dry = await there(['import', file, '--dry-run']);
    expect(dry.stdout).toBe(
      `would be: ${lines.length} imported (1 of them go on here), 0 here already, 0 refused\n`,
    );
    expect((await figures(other.url)).executions).toMatchObject({ pending: 0, failed: 0 });
    expect(await there(['import', '-'], readFileSync(file, 'utf8'))).toEqual({
      code: 0,
      stdout: `${lines.length} imported (1 of them go on here), 0 here already, 0 refused\n`,
      stderr: '',
    });
    const again = await there(['import', file]);
    expect(again.stdout).toBe(`0 imported (0 of them go on here), ${lines.length} here already, 0 refused\n`);
    expect(await figures(other.url)).toMatchObject({
      executions: (await figures(fleet.redis.url)).executions,
    });
    expect(linesOf((await there(['export', '-'])).stdout)).toEqual(lines);

    const moved = await fleet.add({
      config: { ...(fleet.serviceOptions.config as object), redis: { url: other.url } },
    });
    expect((await moved.client.finished(waiting)).status).toBe('completed');
    await moved.stop();
    await here(['resume']);
    await service.client.finished(waiting);
  });

  it('exports what is asked for', async () => {
    const failed = await here([
      'export',
      '-',
      '--status',
      'failed',
      '--status',
      'timed_out',
      '--workflow',
      'two',
    ]);
    expect(linesOf(failed.stdout).map((line) => JSON.parse(line).facts.workflowId)).toEqual(['two']);
    const none = await here(['export', '-', '--since', '2100-01-01']);
    expect(none).toEqual({ code: 0, stdout: '', stderr: '0 exported\n' });
    const nowhere = await here(['export', join('no', 'such', 'folder')]);
    expect([nowhere.code, nowhere.stdout]).toEqual([1, '']);
    expect(nowhere.stderr).toContain('ENOENT');
  });

  it('tells which lines it refused, and imports the others', async () => {
    const [line = ''] = linesOf((await here(['export', '-'])).stdout);
    const file = join(cwd, 'mixed.ndjson');
    writeFileSync(
      file,
      `${line.replace('"version":1', '"version":7')}\nnot \u001b[2J JSON\n${multiply(line, 1)}`,
    );
    expect(await there(['import', file])).toEqual({
      code: 1,
      stdout: '1 imported (0 of them go on here), 0 here already, 2 refused\n',
      stderr: `${file}:1 is of version 7; version 1 is known here\n${file}:2 is not JSON\n`,
    });
    expect(await there(['import', 'nothing.ndjson'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'nothing.ndjson: there is no such file\n',
    });
  });

  it('stops at Ctrl-C, and says how far it came; at the end of its reader too', async () => {
    const [line = ''] = linesOf((await here(['export', '-'])).stdout);
    const typed = new CliProcess(['queues', 'import', '-'], { cwd, env: envOf(other.url), stdin: null });
    typed.child.stdin?.write(multiply(line, 1_000));
    await eventually(() => typed.stderr.includes('1000 lines so far'), { within: 20_000 });
    typed.child.kill('SIGINT');
    expect(await typed.exit()).toMatchObject({
      code: 130,
      stdout: expect.stringMatching(/^9\d\d imported .*, [1-9]\d* here already, 0 refused\n$/),
    });

    const read = new CliProcess(['queues', 'export', '-'], { cwd, env: envOf(other.url) });
    read.child.stdout?.once('data', () => read.child.stdout?.destroy());
    expect((await read.exit()).code).toBe(141);

    const cut = new CliProcess(['queues', 'export', 'cut.ndjson'], { cwd, env: envOf(other.url) });
    await eventually(() => readdirSync(cwd).includes('cut.ndjson.part'), { within: 20_000 });
    cut.child.kill('SIGINT');
    const { code, stderr } = await cut.exit();
    const whole = code === 0 && stderr.endsWith('exported\n');
    expect(whole || (code === 130 && stderr.endsWith('interrupted: nothing is written\n'))).toBe(true);
    expect(readdirSync(cwd).filter((name) => name.startsWith('cut'))).toEqual(whole ? ['cut.ndjson'] : []);
  });
});

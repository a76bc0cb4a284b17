import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runCli } from '../src/cli/run-cli.js';
import { makeCli } from '../src/cli/testing/make-cli.js';
import { CLI } from './helpers/cli.js';
import { eventually } from './helpers/eventually.js';
import { expectProblem } from './helpers/problems.js';
import { isAlive } from './helpers/processes.js';
import { describeWithRedis, freePort } from './helpers/redis-server.js';
import { ROOT, startService, type Service } from './helpers/service.js';
import { comparable, snippetsOf } from './helpers/snippets.js';
import { oneStep } from './helpers/workflows.js';

const run = promisify(execFile);

const PAGE = 'docs/disaster-recovery.md';
const snippets = snippetsOf(PAGE);
const shell = snippets.filter(({ language }) => language === 'sh');

/** Where the page says that Redis, another Redis and an instance are. */
const REDIS_PORT = '6379';
const OTHER_PORT = '6380';
const INSTANCE_URL = 'http://127.0.0.1:3000';

/** Fails until its model is up, hangs at its first attempt, or kills its process, as its input says. */
const AGENT = `
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
export default async ({ input, attempt }, { signal }) => {
  if (input.hang && attempt === 1) await sleep(60_000, undefined, { signal });
  if (input.poison) {
    await sleep(200);
    process.kill(process.pid, 'SIGKILL');
  }
  if (input.ask && !existsSync('model-is-up'))
    throw Object.assign(new Error('the model is down'), { code: 'MODEL_DOWN' });
  return 'done';
};
`;

/** Behind what the page says: an end of waiting and recovery in a few seconds, and a poison that is found out at its first victim. */
const CONFIG = `  connectTimeoutMs: 1000
dispatch: { lockDurationMs: 1500, stalledIntervalMs: 500, maxRecoveries: 1 }
pools: [{ capability: work, kind: function, module: agent.mjs }]
`;

describeWithRedis(PAGE, () => {
  let folder: string;
  let ports: { redis: number; other: number };
  let service: Service;
  /** What the commands are told of the instances. */
  const env: Record<string, string> = {};

  const here = (text: string): string =>
    text
      .replaceAll(REDIS_PORT, String(ports.redis))
      .replaceAll(OTHER_PORT, String(ports.other))
      .replaceAll(INSTANCE_URL, env.ORCHESTRA_URL ?? INSTANCE_URL);
  const block = (language: string): string => {
    return here(snippets.find((snippet) => snippet.language === language)?.text ?? '');
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'disaster-'));
    ports = { redis: await freePort(), other: await freePort() };
    writeFileSync(join(folder, 'redis.conf'), block('conf'));
    writeFileSync(join(folder, 'orchestra.config.yaml'), block('yaml') + CONFIG);
    writeFileSync(join(folder, 'agent.mjs'), AGENT);
  });

  afterAll(async () => {
    for (const port of Object.values(ports)) await killRedis(port);
    rmSync(folder, { recursive: true });
  });

  async function redisCli(port: number, ...args: string[]): Promise<string> {
    return (await run('redis-cli', ['-p', String(port), ...args])).stdout;
  }

  /** kill -9, unless there is none. */
  async function killRedis(port = ports.redis): Promise<void> {
    const info = await redisCli(port, 'info', 'server').catch(() => '');
    const pid = Number(/process_id:(\d+)/.exec(info)?.[1] ?? 0);
    if (pid === 0) return;
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isAlive(pid));
  }

  async function start(more: Record<string, string> = {}): Promise<Service> {
    service = await startService({ cwd: folder, env: { PORT: '0', ...more }, lifetime: 'file' });
    env.ORCHESTRA_URL = service.url;
    return service;
  }

  const submit = (id: string, input: object): Promise<string> =>
    service.client.submit({ ...oneStep('work', input), id });

  /** `orchestra queues` with other arguments than those of the page. */
  async function queues(...args: string[]): Promise<string> {
    const cli = makeCli({ cwd: folder });
    cli.interrupts.listen = () => undefined;
    expect([await runCli(['queues', ...args], cli), cli.stderr.text]).toEqual([0, expect.any(String)]);
    return cli.stdout.text;
  }

  /** All there is, and how it stands. */
  const everything = (): Promise<string> => queues('export', '-');

  let kept = '';
  let leaving: Service;
  let drained = '';
  let waiting = '';
  let failed = '';

  /** Everything is lost but the backup. */
  async function lose(): Promise<void> {
    kept = await everything();
    await submit('lost', {});
    await service.stop('SIGKILL');
    await killRedis();
  }
  const expectAllBack = async (): Promise<void> => expect(await everything()).toBe(kept);

  /** What happens before a block, and what is to be true after it; by heading, in the order of its blocks. */
  const before: Record<string, (() => Promise<unknown>)[]> = {
    'Look at it': [
      async () => {
        await start();
        for (const id of ['a', 'b', 'c']) await service.client.finished(await submit(id, {}));
        failed = await submit('ask', { ask: true });
        expect((await service.client.finished(failed)).error?.code).toBe('MODEL_DOWN');
      },
    ],
    'Back up and restore the AOF': [noop, lose],
    'Back up and restore a snapshot': [start, lose],
    'Drain an instance': [
      async () => {
        leaving = await start();
        const { client, pid } = leaving;
        drained = await submit('drained', { hang: true });
        await eventually(
          async () => (await client.get(`/v1/executions/${drained}`)).json.status === 'running',
        );
        env.INSTANCE_PID = String(pid);
        await start();
      },
    ],
    'Move to another Redis': [
      async () => {
        await queues('pause');
        waiting = await submit('waiting', {});
      },
    ],
    'Run what failed again': [noop, async () => writeFileSync(join(folder, 'model-is-up'), '')],
    'When Redis is full': [
      async () => {
        await redisCli(ports.redis, 'config', 'set', 'maxmemory', '1mb');
        expectProblem(
          await service.client.post('/v1/executions', { workflow: oneStep('work') }),
          503,
          'BACKEND_UNAVAILABLE',
        );
      },
    ],
    'When Redis is gone': [
      async () => {
        kept = await everything();
        await killRedis();
        expect((await service.client.get('/health/ready')).status).toBe(503);
        expect((await service.client.get('/health/live')).status).toBe(200);
      },
    ],
    'When an execution is poison': [
      async () => {
        await submit('poison', { poison: true });
        await service.exit();
        await start();
        await eventually(async () => (await service.client.list('?status=failed')).items.length === 1, {
          within: 15_000,
        });
      },
    ],
  };
  const after: Record<string, (() => Promise<unknown>)[]> = {
    'Back up and restore the AOF': [noop, expectAllBack],
    'Back up and restore a snapshot': [noop, expectAllBack],
    'Drain an instance': [
      async () => {
        expect((await leaving.exit()).code).toBe(0);
        const execution = await service.client.finished(drained);
        expect([execution.status, execution.steps.only?.attempts]).toEqual(['completed', 2]);
      },
    ],
    'Move to another Redis': [
      noop,
      async () => {
        const old = service;
        const moved = await start({ REDIS_URL: `redis://127.0.0.1:${ports.other}` });
        expect((await moved.client.finished(waiting)).status).toBe('completed');
        expect((await moved.client.get(`/v1/executions/${failed}`)).json).toMatchObject({ status: 'failed' });
        await moved.stop();
        service = old;
        env.ORCHESTRA_URL = old.url;
      },
      async () => expect((await service.client.finished(waiting)).status).toBe('completed'),
    ],
    'Run what failed again': [
      async () => expect((await service.client.finished(failed)).status).toBe('failed'),
      async () => expect((await service.client.finished(failed)).status).toBe('completed'),
    ],
    'When Redis is full': [
      async () => expect((await service.client.run(oneStep('work'))).status).toBe('completed'),
    ],
    'When Redis is gone': [
      noop,
      async () => {
        await expectAllBack();
        expect((await service.client.run(oneStep('work'))).status).toBe('completed');
      },
    ],
  };

  it.each(shell.map((snippet) => [`${snippet.name} ${snippet.heading}`, snippet] as const))(
    '%s: does what it says',
    async (_, snippet) => {
      const place = shell.filter(({ heading }) => heading === snippet.heading).indexOf(snippet);
      await before[snippet.heading]?.[place]?.();
      const prelude = [
        'set -e',
        `orchestra() { '${process.execPath}' '${CLI}' "$@"; }`,
        `redis-cli() { command redis-cli -p ${ports.redis} "$@"; }`,
      ];
      const script = [...prelude, here(snippet.text)].join('\n');
      const { stdout, stderr } = await run('bash', ['-c', script], {
        cwd: folder,
        env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
        timeout: 40_000,
      });
      if (snippet.next?.language === 'text') {
        const [printed, expected] = [comparable(stdout), comparable(snippet.next.text)];
        // What went wrong is on stderr.
        expect(printed === expected ? printed : printed + stderr).toBe(expected);
      }
      await after[snippet.heading]?.[place]?.();
    },
  );

  it('is right that the queue can be made again from the state', async () => {
    await queues('pause');
    const id = await submit('orphan', {});
    await service.stop();
    const keys = (await redisCli(ports.redis, '--scan', '--pattern', '{orchestra}:queue:*'))
      .trim()
      .split('\n');
    expect(Number(await redisCli(ports.redis, 'del', ...keys))).toBe(keys.length);
    await start();
    expect((await service.client.finished(id)).status).toBe('completed');
  });

  it('has a block for all that is arranged here', () => {
    const headings = shell.map(({ heading }) => heading);
    for (const [heading, hooks] of [...Object.entries(before), ...Object.entries(after)])
      expect(headings.filter((each) => each === heading).length).toBeGreaterThanOrEqual(hooks.length);
  });

  it('names every kind of key that there is', async () => {
    const page = readFileSync(join(ROOT, PAGE), 'utf8');
    const keys = (await redisCli(ports.redis, '--scan')).trim().split('\n');
    const kinds = new Set(keys.map((key) => /^(\{orchestra\}:(?:queue:\w+|\w+:\w+))/.exec(key)?.[1] ?? key));
    for (const kind of kinds) expect(page).toContain(`\`${kind}`);
  });
});

async function noop(): Promise<void> {
  // Nothing to arrange.
}

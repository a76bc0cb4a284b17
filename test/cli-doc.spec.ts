import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CLI } from './helpers/cli.js';
import { eventually } from './helpers/eventually.js';
import { RedisServer, describeWithRedis } from './helpers/redis-server.js';
import { startService, type Service } from './helpers/service.js';
import { comparable, snippetsOf } from './helpers/snippets.js';

const run = promisify(execFile);

/** Stands for whatever id there is. */
const EXAMPLE_ID = '019b0a52-6c00-7000-8000-000000000000';

const commands = snippetsOf('docs/cli.md').filter(({ language }) => language === 'sh');

/** The commands of a snippet, with `orchestra` as it was built. */
function scriptOf(text: string): string {
  return `orchestra() { '${process.execPath}' '${CLI}' "$@"; }\n${text}true`;
}

describe('docs/cli.md', () => {
  const shell = commands.filter(({ heading }) => heading !== 'queues');
  let root: string;
  let cwd: string;
  let service: Service | undefined;
  let submitted = EXAMPLE_ID;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'cli-doc-'));
    cwd = root;
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** The service of what `init` wrote, once there is something. */
  async function url(): Promise<string> {
    if (cwd === root) return '';
    service ??= await startService({ cwd, env: { PORT: '0' }, lifetime: 'file' });
    return service.url;
  }

  it('has an example of nearly every command', () => {
    const named = new Set(commands.map(({ text }) => /orchestra (\w+)/.exec(text)?.[1]));
    expect([...named]).toEqual(
      expect.arrayContaining([
        'init',
        'run',
        'validate',
        'submit',
        'watch',
        'list',
        'cancel',
        'retry',
        'agents',
        'queues',
      ]),
    );
  });

  it.each(shell.map((snippet) => [snippet.name, snippet] as const))(
    '%s prints what it says',
    async (_, snippet) => {
      const [, folder] = /^cd (\S+)\n$/.exec(snippet.text) ?? [];
      if (folder !== undefined) {
        cwd = join(cwd, folder);
        return;
      }
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, ORCHESTRA_URL: await url() };
      const text = snippet.text.replaceAll(EXAMPLE_ID, submitted);
      let told = '';
      const once = async (): Promise<string> => {
        const { stdout, stderr } = await run('bash', ['-c', scriptOf(text)], { cwd, env, timeout: 30_000 });
        told = stderr;
        if (snippet.text.startsWith('orchestra submit')) submitted = stdout.split('\n')[0] ?? '';
        return comparable(stdout);
      };
      const expected = comparable(snippet.next?.language === 'text' ? snippet.next.text : '');
      // What was submitted before takes a moment to end.
      const isListing = /orchestra (list|agents)/.test(snippet.text);
      if (isListing)
        await eventually(async () => (await once()) === expected, { within: 10_000 }).catch(() => undefined);
      const printed = await once();
      // What went wrong is on stderr.
      expect(printed === expected ? printed : printed + told).toBe(expected);
    },
  );
});

describeWithRedis('docs/cli.md, queues', () => {
  let redis: RedisServer;
  let cwd: string;
  beforeAll(async () => {
    redis = await RedisServer.start();
    cwd = mkdtempSync(join(tmpdir(), 'cli-doc-'));
  });
  afterAll(async () => {
    await redis.stop();
    rmSync(cwd, { recursive: true });
  });

  const shell = commands.filter(({ heading }) => heading === 'queues');
  it.each(shell.map((snippet) => [snippet.name, snippet] as const))(
    '%s prints what it says',
    async (_, { text, next }) => {
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, ORCHESTRA_DRIVER: 'bullmq', REDIS_URL: redis.url };
      const { stdout } = await run('bash', ['-c', scriptOf(text)], { cwd, env, timeout: 30_000 });
      expect(stdout).toBe(next?.text);
    },
  );
});

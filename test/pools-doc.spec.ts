import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { PoolSnapshot } from '#agent-pool';
import { EVENT_TYPES } from '#events';
import { eventually } from './helpers/eventually.js';
import { ROOT, startService, type Service } from './helpers/service.js';
import { snippetsOf, type Snippet } from './helpers/snippets.js';

const run = promisify(execFile);

const PAGE = 'docs/pools.md';
const page = readFileSync(join(ROOT, PAGE), 'utf8');
const snippets = snippetsOf(PAGE);
const shell = snippets.filter(({ language }) => language === 'sh');
const isStream = ({ text }: Snippet): boolean => text.includes('/v1/events');
const [stream] = shell.filter(isStream);

/** What the configuration names: one that works, and one that cannot be loaded. */
const AGENTS = {
  'agents/shorten.mjs': 'export default ({ input }) => String(input).slice(0, 3);',
  'agents/classify.mjs': "throw new Error('no model today');",
};

/** The cells of the table under a heading, without its head. */
function rowsUnder(heading: string): string[][] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [text = ''] = section.split('\n## ');
  const lines = text.split('\n').filter((line) => line.startsWith('| '));
  return lines.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

const names = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);

/** Without what differs from run to run: ids, waits, and where the service runs. */
function comparable(line: string): string {
  return line
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/\/\S*\/agents\//g, '/agents/')
    .replaceAll(/\d+ ms/g, 'DURATION');
}

describe(PAGE, () => {
  let service: Service;
  let follower: ChildProcess;
  let followed = '';

  const command = ({ text }: Snippet): string => text.trim().replaceAll('http://127.0.0.1:3000', service.url);
  const pool = async (capability: string): Promise<PoolSnapshot> =>
    (await service.client.get(`/v1/pools/${capability}`)).json as PoolSnapshot;

  beforeAll(async () => {
    const config = snippets.find(({ language }) => language === 'yaml')?.text ?? '';
    service = await startService({
      config,
      files: AGENTS,
      env: { PORT: '0' },
      until: 'listening',
      lifetime: 'file',
    });
    await eventually(async () => (await pool('shorten')).agents.idle === 2);
    await eventually(async () => (await service.client.get('/health/startup')).status === 200);
    follower = spawn('sh', ['-c', `exec ${command(stream!)}`], { stdio: ['ignore', 'pipe', 'ignore'] });
    follower.stdout?.setEncoding('utf8').on('data', (text: string) => (followed += text));
    await eventually(() => followed.includes('retry:'), { what: 'the stream' });
  });

  afterAll(async () => {
    const closed = once(follower, 'close');
    follower.kill();
    await closed;
  });

  it.each(shell.filter((snippet) => !isStream(snippet)).map((snippet) => [snippet.name, snippet] as const))(
    '%s is answered as it says',
    async (_, snippet) => {
      const { stdout } = await run('sh', ['-c', command(snippet)], { timeout: 20_000 });
      const answer = JSON.parse(stdout) as object;
      const expected = JSON.parse(snippet.next?.language === 'json' ? snippet.next.text : '') as object;
      if (/\/v1\/pools\/\w+$/.test(command(snippet))) expect(answer).toEqual(expected);
      else expect(answer).toMatchObject(expected);
    },
  );

  it('streams what the calls led to', async () => {
    const types = (): string[] =>
      [...followed.matchAll(/^event: (pool\..*)$/gm)].map(([, type = '']) => type);
    const wanted = ['pool.draining', 'pool.scaled', 'pool.resumed'];
    await eventually(() => wanted.every((type) => types().includes(type)), { what: wanted.join() });
  });

  it('shows a line that the log has', () => {
    const [line = ''] = snippets.filter(({ language }) => language === 'text').map(({ text }) => text.trim());
    expect(line).toContain('pool "classify"');
    expect(comparable(service.output)).toContain(comparable(line));
  });

  it('refuses the tasks of the pool without agents, as it says', async () => {
    const step = { id: 'a', capability: 'classify', retry: { maxAttempts: 1 } };
    const { steps } = await service.client.run({ id: 'refused', steps: [step] });
    expect(steps.a).toMatchObject({
      attempts: 0,
      error: {
        code: 'POOL_UNAVAILABLE',
        details: { reason: 'no-agents', retryAfterMs: expect.any(Number) },
      },
    });
  });

  it('lists all events of agents and pools', () => {
    const ofPools = EVENT_TYPES.filter((type) => /^(agent|pool)\./.test(type));
    expect(rowsUnder('Events').flatMap(([event]) => names(event))).toEqual(ofPools);
  });

  it('lists all metrics of pools, with their labels', async () => {
    const { text } = await service.client.get('/metrics');
    const there = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name));
    const rows = rowsUnder('Metrics');
    const listed = rows.flatMap(([metric]) => names(metric));
    for (const name of listed) expect(there).toContain(name);
    const labelled = new Map(
      [...text.matchAll(/^(orchestra_\w+)\{capability="\w+"(?:,(\w+)=)?/gm)].map(([, name = '', label]) => [
        name,
        label,
      ]),
    );
    const ofSteps = (name: string): boolean => name.startsWith('orchestra_step_');
    expect(listed).toEqual(expect.arrayContaining([...labelled.keys()].filter((name) => !ofSteps(name))));
    for (const [metric, label] of rows) {
      const [name = ''] = names(metric);
      if (labelled.has(name))
        expect([name, names(label)]).toEqual([name, [labelled.get(name)].filter(Boolean)]);
    }
  });

  it('names only options that there are', () => {
    const options = new Set(names(readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')));
    const named = names(page.replaceAll(/^```[\s\S]*?^```$/gm, '')).filter((name) =>
      /^(size|scaling|health|restart|breaker|dispatch|shutdown)\.\w+$/.test(name),
    );
    expect(named.length).toBeGreaterThan(10);
    const figures = ['size.current'];
    for (const name of named) if (!figures.includes(name)) expect(options).toContain(name);
  });
});

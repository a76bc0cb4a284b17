import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, startService, type Service } from './helpers/service.js';
import { functionPool, httpPool, oneStep } from './helpers/workflows.js';

interface Scrape {
  samples: Map<string, number>;
  help: Set<string>;
  types: Map<string, string>;
}

function parse(text: string): Scrape {
  const scrape: Scrape = { samples: new Map(), help: new Set(), types: new Map() };
  for (const line of text.split('\n')) {
    const [, word, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (word === 'HELP') scrape.help.add(name);
    if (word === 'TYPE') scrape.types.set(name, rest);
    const sample = /^([^#\s]\S*(?:\{.*\})?) (\S+)$/.exec(line);
    if (sample !== null) scrape.samples.set(sample[1] ?? '', Number(sample[2]));
  }
  return scrape;
}

describe('health, metrics and info', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: {
        pools: [
          functionPool('local', { size: { min: 2 } }),
          httpPool('gone', 'http://127.0.0.1:9/'),
          { capability: 'broken', kind: 'function', module: './nowhere.mjs' },
        ],
      },
    });
  });

  const scrape = async (): Promise<Scrape> => parse((await service.client.get('/metrics')).text);

  it.each(['/health', '/health/detailed'])('%s shows everything', async (path) => {
    const { status, json } = await service.client.get(path);
    expect(status).toBe(200);
    expect(json.details).toMatchObject({
      service: { status: 'up', state: 'ready' },
      queue: { status: 'up', durable: false },
      dispatch: { status: 'up', accepting: true, running: 0, waiting: 0, tasksAbandoned: 0 },
      pools: {
        details: {
          local: { health: 'healthy', agents: { idle: 2 } },
          broken: { health: 'critical', agents: { idle: 0 } },
        },
      },
    });
  });

  it.each(['/health/live', '/health/ready', '/health/startup'])(
    '%s answers 200 once the start is over',
    async (path) => {
      const { status, json } = await service.client.get(path);
      expect(status).toBe(200);
      expect(json).toMatchObject({ status: 'ok', error: {} });
    },
  );

  it('/info says what was built, and nothing of this machine', async () => {
    const { status, json, text } = await service.client.get('/info');
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(status).toBe(200);
    expect(json).toEqual({
      name: 'nest-orchestra',
      version,
      node: process.versions.node,
      driver: 'memory',
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect(text).not.toMatch(/\/(?!json)\w+\//);
  });

  it('/metrics explains each metric, in base units and with the prefix of the house', async () => {
    const answer = await service.client.get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('text/plain');
    const { help, types } = parse(answer.text);
    expect(help).toEqual(new Set(types.keys()));
    for (const [name, type] of types) {
      if (!name.startsWith('orchestra_')) {
        // What prom-client says of the process.
        expect(name).toMatch(/^(process|nodejs)_/);
        continue;
      }
      if (type === 'counter') expect(name).toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_(seconds|bytes)$/);
    }
  });

  it('counts executions, steps, retries and agents', async () => {
    const before = (await scrape()).samples;
    await service.client.run(oneStep('local'));
    await service.client.run(
      oneStep('gone', {}, { retry: { maxAttempts: 3, baseDelayMs: 1, maxDelayMs: 1 } }),
    );
    const { samples } = await scrape();
    const grown = (name: string): number => (samples.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown('orchestra_executions_submitted_total')).toBe(2);
    expect(grown('orchestra_executions_finished_total{status="completed"}')).toBe(1);
    expect(grown('orchestra_executions_finished_total{status="failed"}')).toBe(1);
    expect(grown('orchestra_steps_finished_total{status="completed"}')).toBe(1);
    expect(grown('orchestra_steps_finished_total{status="failed"}')).toBe(1);
    expect(grown('orchestra_step_retries_total{capability="gone"}')).toBe(2);
    expect(grown('orchestra_execution_start_latency_seconds_count')).toBe(2);
    expect(grown('orchestra_execution_duration_seconds_count{status="completed"}')).toBe(1);
    expect(grown('orchestra_step_duration_seconds_count{capability="local"}')).toBe(1);
    expect(samples.get('orchestra_agents{capability="local",state="idle"}')).toBe(2);
    expect(samples.get('orchestra_executions_running')).toBe(0);
    expect(samples.get('orchestra_executions_waiting')).toBe(0);
    expect(samples.get('orchestra_leases_waiting{capability="local"}')).toBe(0);
  });

  it('has as many series after 50 workflows of different names as after one (fault 68)', async () => {
    const run = (index: number) => service.client.run({ ...oneStep('local'), id: `workflow ${index}` });
    await run(0);
    const before = [...(await scrape()).samples.keys()].filter((name) => name.startsWith('orchestra_'));
    await Promise.all(Array.from({ length: 50 }, (_, index) => run(index + 1)));
    const after = [...(await scrape()).samples.keys()].filter((name) => name.startsWith('orchestra_'));
    expect(after).toEqual(before);
  });
});

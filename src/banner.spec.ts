import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeStart } from './banner.js';
import { configSchema } from './config/config.schema.js';

const info = {
  name: 'orchestra',
  version: '1.2.3',
  node: '20',
  driver: 'memory',
  startedAt: '2026-01-01T00:00:00Z',
};
const url = 'http://127.0.0.1:3000';

const describeWith = (
  pools: object[],
  file: string | null = '/etc/orchestra.yaml',
  patternsUrl: string | null = null,
): string[] =>
  describeStart({ url, patternsUrl, config: configSchema.parse({ pools }), file, info }).split('\n');

const poolOf = (capability: string, more: object = {}) => ({
  capability,
  kind: 'http',
  url: 'http://127.0.0.1:1/?token=hunter2',
  headers: { authorization: 'hunter2' },
  ...more,
});

describe('describeStart', () => {
  const home = process.cwd();
  const environment = process.env.NODE_ENV;
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'banner-'));
    process.chdir(folder);
  });
  afterEach(() => {
    process.chdir(home);
    process.env.NODE_ENV = environment;
    rmSync(folder, { recursive: true });
  });

  it('says where the service is and what it was configured by', () => {
    expect(describeWith([])).toEqual([
      'orchestra 1.2.3 listens on http://127.0.0.1:3000 (driver memory, config /etc/orchestra.yaml)',
      'its API, with examples: http://127.0.0.1:3000/docs',
      'no pools: name some in the configuration',
      '',
    ]);
    expect(describeWith([], null)[0]).toMatch(/\(driver memory, config none: defaults\)$/);
  });

  it('says where message patterns are served, where they are', () => {
    expect(describeWith([], null, 'tcp://127.0.0.1:4000')).toContain(
      'message patterns on tcp://127.0.0.1:4000',
    );
  });

  it('has a line for every pool, and nothing secret in it', () => {
    const lines = describeWith([
      poolOf('one'),
      poolOf('some', { size: { min: 2 } }),
      poolOf('many', { size: { min: 1, max: 4 }, selection: 'round-robin' }),
      poolOf('a-rather-long-capability'),
    ]);
    expect(lines.slice(2)).toEqual([
      'pools:',
      '  one            http      1 agent, least-loaded',
      '  some           http      2 agents, least-loaded',
      '  many           http      1..4 agents, round-robin',
      '  a-rather-long-capability http      1 agent, least-loaded',
      '',
    ]);
  });

  it('shows how to submit the example where that is', () => {
    const example = join(folder, 'examples/repository-brief/request.json');
    mkdirSync(dirname(example), { recursive: true });
    writeFileSync(example, '{}');
    expect(describeWith([]).slice(3)).toEqual([
      'submit the example:',
      `  curl -s -X POST '${url}/v1/executions?waitMs=30000' -H 'content-type: application/json' --data @examples/repository-brief/request.json`,
      '',
    ]);
  });

  it('warns in production that memory forgets', () => {
    process.env.NODE_ENV = 'production';
    expect(describeWith([])).toContain(
      'WARNING: the memory driver keeps nothing: accepted work is lost in a crash',
    );
  });
});

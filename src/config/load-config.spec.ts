import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ValidationError } from '#core';
import { loadConfig } from './load-config.js';

describe('loadConfig', () => {
  let folder: string;
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'load-config-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const load = (text: string, env: Record<string, string> = {}) => {
    writeFileSync(join(folder, 'orchestra.config.yaml'), text);
    return loadConfig(env, folder).config;
  };
  /** Every problem, as the start prints it. */
  const problems = (text: string, env: Record<string, string> = {}): string[] => {
    try {
      load(text, env);
    } catch (error) {
      if (error instanceof ValidationError) return error.message.split('\n').slice(1);
      throw error;
    }
    throw new Error('it was accepted');
  };

  it.each(['', '{}', '# nothing', 'pools: []', 'pools:', 'http:\n  # port: 80\n', '{"driver": "memory"}'])(
    'takes %j for the defaults',
    (text) => {
      expect(load(text)).toMatchObject({
        driver: 'memory',
        http: { host: '127.0.0.1', port: 3_000 },
        pools: [],
        shutdown: { gracePeriodMs: 30_000, drainDelayMs: 0 },
        logLevel: 'info',
      });
    },
  );

  it('needs no file, unless one is asked for', () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect(loadConfig({}, empty).file).toBeNull();
    expect(() => loadConfig({ ORCHESTRA_CONFIG: 'other.yaml' }, empty)).toThrow(
      /other\.yaml.*\n- there is no such file/,
    );
    expect(() => loadConfig({ ORCHESTRA_CONFIG: '.' }, empty)).toThrow('cannot be read (EISDIR)');
  });

  it('lets the environment win, setting by setting', () => {
    const text =
      'http: { port: 1, bodyLimitBytes: 9 }\nlogLevel: debug\nauth: { protectMetrics: true, apiKeys: [] }';
    const config = load(text, {
      PORT: '2',
      HOST: '127.0.0.2',
      LOG_LEVEL: 'warn',
      ORCHESTRA_DRIVER: 'memory',
      ORCHESTRA_API_KEYS: `ci:${'A'.repeat(64)}:read+execute, ops:${'b'.repeat(64)}:admin`,
    });
    expect(config).toMatchObject({
      http: { port: 2, host: '127.0.0.2', bodyLimitBytes: 9 },
      logLevel: 'warn',
      auth: {
        protectMetrics: true,
        apiKeys: [
          { id: 'ci', sha256: 'a'.repeat(64), scopes: ['read', 'execute'] },
          { id: 'ops', scopes: ['admin'] },
        ],
      },
    });
    expect(load(text.replace(/\nauth.*/, ''), { PORT: '', HOST: '', LOG_LEVEL: '' })).toMatchObject({
      http: { port: 1 },
      logLevel: 'debug',
    });
  });

  it('makes paths relative to the file', () => {
    const { pools } = load(`
pools:
  - { capability: a, kind: function, module: agents/a.js }
  - { capability: b, kind: function, module: /b.js }
  - { capability: c, kind: function, module: 'file:///c.js' }
  - { capability: d, kind: mcp, command: node }
  - { capability: e, kind: mcp, command: node, cwd: sub }
  - { capability: f, kind: thread, module: ./agents/f.js }
`);
    expect(pools).toMatchObject([
      { module: join(folder, 'agents/a.js') },
      { module: '/b.js' },
      { module: 'file:///c.js' },
      { cwd: folder },
      { cwd: join(folder, 'sub') },
      { module: join(folder, 'agents/f.js') },
    ]);
  });

  it('lists every problem at once, those of the whole and of the environment among them', () => {
    const text = `
drivers: redis
http: { host: 0.0.0.0, ports: 1, bodyLimitBytes: -1 }
dispatch: { maxSteps: many, gracePeriodMs: 5, retention: { maxCount: 0 } }
pools:
  - { capability: a, kind: carrier-pigeon }
  - { capability: a, kind: http, url: nonsense, size: { min: 0 }, colour: red }
  - 7
shutdown: { gracePeriodMs: .nan }
`;
    const listed = problems(text, { PORT: 'http', LOG_LEVEL: 'loud', ORCHESTRA_DRIVER: 'redis' });
    const paths = listed.map((line) => /^- ([^:]+):/.exec(line)?.[1]);
    expect(new Set(paths)).toEqual(
      new Set([
        'drivers',
        'driver',
        'PORT',
        'logLevel',
        'http.host',
        'http.ports',
        'http.bodyLimitBytes',
        'dispatch.maxSteps',
        'dispatch.gracePeriodMs',
        'dispatch.retention.maxCount',
        'pools[0].kind',
        'pools[1].capability',
        'pools[1].url',
        'pools[1].size.min',
        'pools[1].colour',
        'pools[2]',
        'shutdown.gracePeriodMs',
      ]),
    );
    expect(
      listed.filter((line) => line.includes('(from ')).map((line) => /\(from (\w+)\)/.exec(line)?.[1]),
    ).toEqual(['ORCHESTRA_DRIVER', 'LOG_LEVEL']);
  });

  it.each([
    '0.0.0.0',
    '::',
    '192.168.0.1',
    'example.org',
    '127.1',
    '127.0.0.1.example.org',
    '::ffff:127.0.0.1',
  ])('refuses to bind %s without keys', (host) => {
    expect(problems(`http: { host: "${host}" }`)).toEqual([
      expect.stringMatching(/^- http\.host: .*auth\.apiKeys/),
    ]);
    const keys = `ci:${'0'.repeat(64)}:read`;
    expect(load(`http: { host: "${host}" }`, { ORCHESTRA_API_KEYS: keys }).http.host).toBe(host);
  });

  it.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('binds %s without keys', (host) => {
    expect(load(`http: { host: "${host}" }`).http.host).toBe(host === 'localhost' ? '127.0.0.1' : host);
  });

  it.each([
    ['a repeated key', 'driver: memory\nhttp: {}\ndriver: memory', '- line 3: Map keys must be unique'],
    [
      'a repeated key in JSON',
      '{"driver": "memory",\n "driver": "memory"}',
      '- line 2: Map keys must be unique',
    ],
    ['what is no YAML', 'http:\n\tport: 1', '- line 2: Tabs are not allowed as indentation'],
    [
      'two documents',
      'http: {}\n---\nhttp: {}',
      expect.stringMatching(/^- line 2: Source contains multiple documents/),
    ],
    ['a list', '- 1', '- must be a mapping of keys to values'],
    ['a word', 'hello', '- must be a mapping of keys to values'],
    ['an alias of nothing', 'http: *x', expect.stringMatching(/^- Unresolved alias/)],
    ['a key that is none', '__proto__: { driver: memory }', '- __proto__: unknown key'],
    ['a section that is none', 'http: 5', expect.stringMatching(/^- http: .*expected object/)],
  ])('refuses %s', (_what, text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  it('refuses a process that is to run nothing where nobody else can', () => {
    const text = 'dispatch: { consume: false }';
    expect(problems(text)).toEqual([
      '- dispatch.consume: on driver memory nobody else could run what is accepted here',
    ]);
    expect(load(text, { ORCHESTRA_DRIVER: 'bullmq' }).dispatch.consume).toBe(false);
  });

  it('refuses aliases that stand for millions of values', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(10).fill(of).join(',')}]\n`;
    const text = level('a', '1') + level('b', '*a') + level('c', '*b') + level('d', '*c');
    expect(problems(text)).toEqual([expect.stringMatching(/^- Excessive alias count/)]);
  });

  it('does not let the environment hide a section that is none', () => {
    expect(problems('http: 5', { PORT: '1' })).toEqual([expect.stringMatching(/^- http: .*expected object/)]);
  });

  it.each(['-1', '1e3', '0x50', '80.5', '123456', '65536'])('refuses PORT=%s', (PORT) => {
    expect(problems('', { PORT })).toEqual([expect.stringContaining('PORT')]);
  });

  it('shows no secret in a problem', () => {
    const text = 'auth: { apiKeys: [{ id: ci, sha256: hunter2, scopes: [fly] }] }\nhttp: { "hunter2": [';
    expect(problems(text).join('\n')).not.toContain('hunter2');
    const listed = problems(
      'pools: [{ capability: a, kind: http, url: "http://u:hunter2@127.0.0.1/", headers: { k: 7 } }]',
      {
        ORCHESTRA_API_KEYS: 'hunter2,ci:hunter2:read',
      },
    );
    expect(listed.length).toBeGreaterThan(1);
    expect(listed.join('\n')).not.toContain('hunter2');
  });
});

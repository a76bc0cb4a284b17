import { HttpAgentFactory, McpAgentFactory, ModuleAgentFactory, ThreadAgentFactory } from '#agents';
import { poolDefinitionSchema, poolOptionsSchema } from '#agent-pool';
import { ManualClock, ValidationError, parseOptions } from '#core';
import type { HttpClient } from '#http';
import { poolConfigSchema, toPoolDefinition, type PoolConfigInput } from './pool-config.js';

const parse = (config: unknown) => parseOptions(poolConfigSchema, config, 'pool');

/** Every problem as `path: message`. */
function problemsOf(config: unknown): string[] {
  try {
    parse(config);
  } catch (error) {
    if (error instanceof ValidationError)
      return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  throw new Error('it was accepted');
}

const pathsOf = (config: unknown): string[] => problemsOf(config).map((problem) => problem.split(': ')[0]!);

/** Nobody calls out in these tests. */
const tools = { client: {} as HttpClient, clock: new ManualClock() };

const DEFAULTS = {
  size: { min: 1, max: 1 },
  concurrencyPerAgent: 1,
  selection: 'least-loaded',
  scaling: { targetUtilization: 0.8, shrinkAfterMs: 60_000 },
  maxWaiters: 100_000,
  createTimeoutMs: 10_000,
  health: {
    enabled: true,
    intervalMs: 10_000,
    timeoutMs: 5_000,
    failureThreshold: 3,
    recoveryThreshold: 1,
    maxConcurrentPings: 25,
  },
  restart: { maxRestarts: 5, windowMs: 600_000, maxFailedCreates: 20, quarantineMs: 60_000 },
  breaker: {
    threshold: 0.5,
    minimumTasks: 20,
    windowMs: 30_000,
    openMs: 5_000,
    maxOpenMs: 60_000,
    halfOpenProbes: 3,
  },
  unavailableAfterMs: 5_000,
  readyWhen: 0,
};

const CONFIGS: PoolConfigInput[] = [
  { capability: 'a', kind: 'function', module: '/agents/a.js', maxOutputBytes: 10 },
  {
    capability: 'b',
    kind: 'http',
    url: 'http://127.0.0.1:1/run',
    healthUrl: 'http://127.0.0.1:1/',
    headers: { Authorization: 'Bearer x' },
  },
  { capability: 'c', kind: 'mcp', command: 'node', args: ['server.js'], env: { A: 'b' }, cwd: '/agents' },
  { capability: 'd', kind: 'mcp', url: 'https://127.0.0.1:1/mcp' },
  { capability: 'e', kind: 'thread', module: '/agents/e.js', resourceLimits: { stackSizeMb: 8 } },
];

describe('poolConfigSchema', () => {
  it.each(CONFIGS)('fills in the defaults of a pool and leaves the options of its kind: %j', (config) => {
    expect(parse(config)).toEqual({ ...DEFAULTS, ...config });
  });

  it.each(CONFIGS)('leaves what it has parsed as it is: %j', (config) => {
    const once = parse({ ...config, size: { min: 2 } });
    expect(once.size).toEqual({ min: 2, max: 2 });
    expect(parse(once)).toEqual(once);
  });

  it('lists every problem of the pool and of the kind at once', () => {
    expect(
      pathsOf({
        capability: '',
        kind: 'http',
        size: { min: 3, max: 2 },
        selection: 'best',
        url: 'ftp://127.0.0.1/',
        healthUrl: '?',
        headers: { Host: 'x' },
        colour: 'red',
      }).sort(),
    ).toEqual(['capability', 'colour', 'headers.Host', 'healthUrl', 'selection', 'size.max', 'url']);
  });

  it('names the kinds to who asks for another, and says what else is wrong', () => {
    expect(problemsOf({ capability: 'a', kind: 'ftp', concurrencyPerAgent: 0 })).toEqual([
      expect.stringMatching(/^concurrencyPerAgent: /),
      'kind: must be one of function, http, mcp, thread',
    ]);
    expect(problemsOf({ capability: 'a' })).toEqual(['kind: must be one of function, http, mcp, thread']);
    // No name of Object.prototype is one.
    expect(pathsOf({ capability: 'a', kind: 'toString' })).toEqual(['kind']);
  });

  it('refuses keys that neither the pool nor the kind has, whatever their names', () => {
    const config: unknown = JSON.parse(
      '{"capability":"a","kind":"function","module":"/a.js","url":"http://a/","constructor":1,"__proto__":{"x":1}}',
    );
    expect(problemsOf(config).sort()).toEqual([
      '__proto__: unknown key',
      'constructor: unknown key',
      'url: unknown key',
    ]);
  });

  it('asks for either a command or a url of an MCP server', () => {
    expect(pathsOf({ capability: 'a', kind: 'mcp', command: 'node', url: 'http://127.0.0.1/' })).toEqual([
      'url',
    ]);
    expect(pathsOf({ capability: 'a', kind: 'mcp' })).toHaveLength(1);
  });

  it.each([undefined, null, 'a', 1, []])('refuses %j', (config) => {
    expect(problemsOf(config)).toEqual([': must be the options of a pool']);
  });

  it('has types that refuse what the schema refuses', () => {
    // @ts-expect-error -- no capability
    const nameless: PoolConfigInput = { kind: 'function', module: '/a.js' };
    // @ts-expect-error -- the option of another kind
    const mixed: PoolConfigInput = { capability: 'a', kind: 'http', module: '/a.js' };
    for (const config of [nameless, mixed]) expect(pathsOf(config)).not.toEqual([]);
  });
});

describe('toPoolDefinition', () => {
  it.each([
    [CONFIGS[0]!, ModuleAgentFactory],
    [CONFIGS[1]!, HttpAgentFactory],
    [CONFIGS[2]!, McpAgentFactory],
    [CONFIGS[3]!, McpAgentFactory],
    [CONFIGS[4]!, ThreadAgentFactory],
  ])('makes the factory of the kind, and keeps the options of the pool: %j', (config, Factory) => {
    const options = {
      selection: 'round-robin' as const,
      maxWaiters: 7,
      createTimeoutMs: 8,
      recycleAfterTasks: 9,
      maxAgeMs: 1_000,
    };
    const { factory, ...pool } = toPoolDefinition(parse({ ...config, ...options }), tools);
    expect(factory).toBeInstanceOf(Factory);
    expect(pool).toEqual({ ...DEFAULTS, ...options, capability: config.capability });
    expect(Object.keys(pool).sort()).toEqual(Object.keys(poolOptionsSchema.shape).sort());
    expect(() => parseOptions(poolDefinitionSchema, { ...pool, factory }, 'definition')).not.toThrow();
  });
});

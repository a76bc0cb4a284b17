import { FunctionAgentFactory } from '#agents';
import { ValidationError, parseOptions } from '#core';
import { MAX_POOLS, orchestraOptionsSchema, type OrchestraOptionsInput } from './orchestra.options.js';

const parse = (options: unknown) => parseOptions(orchestraOptionsSchema, options, 'options');

function pathsOf(options: unknown): string[] {
  try {
    parse(options);
  } catch (error) {
    if (error instanceof ValidationError) return error.problems.map(({ path }) => path);
    throw error;
  }
  return [];
}

const factory = new FunctionAgentFactory(() => null);

describe('orchestraOptionsSchema', () => {
  it('needs nothing', () => {
    expect(parse({})).toMatchObject({
      driver: 'memory',
      pools: [],
      dispatch: { maxConcurrentWorkflows: 10, retention: { maxCount: 10_000 } },
      httpClient: { connections: 64 },
    });
  });

  it('takes pools with a factory and pools as data side by side, the factories as they are', () => {
    const options: OrchestraOptionsInput = {
      pools: [
        { capability: 'a', factory, size: { min: 2 } },
        { capability: 'b', kind: 'http', url: 'http://127.0.0.1:1/' },
      ],
    };
    const { pools } = parse(options);
    expect(pools).toMatchObject([
      { capability: 'a', size: { min: 2, max: 2 }, selection: 'least-loaded' },
      { capability: 'b', size: { min: 1, max: 1 }, kind: 'http', url: 'http://127.0.0.1:1/' },
    ]);
    expect(pools[0]).toHaveProperty('factory', factory);
  });

  it('lists every problem of every part and every pool at once', () => {
    const problems = pathsOf({
      driver: 'redis',
      dispatch: { maxSteps: 0 },
      httpClient: { connections: 0 },
      colour: 'red',
      pools: [
        { capability: 'a', factory: {} },
        { kind: 'http', url: 'x', healthUrl: 'y', headers: { Host: 'x' }, size: { min: 0 } },
        { capability: 'c', factory, speed: 1 },
        { capability: 'd', kind: 'ftp' },
        'a pool',
      ],
    });
    expect(problems.sort()).toEqual([
      'colour',
      'dispatch.maxSteps',
      'driver',
      'httpClient.connections',
      'pools[0].factory',
      'pools[1].capability',
      'pools[1].headers.Host',
      'pools[1].healthUrl',
      'pools[1].size.min',
      'pools[1].url',
      'pools[2].speed',
      'pools[3].kind',
      'pools[4]',
    ]);
  });

  it('takes a pool with both a factory and a kind for one of that kind', () => {
    const both = { capability: 'a', kind: 'http', url: 'http://127.0.0.1:1/', factory };
    expect(pathsOf({ pools: [both] })).toEqual(['pools[0].factory']);
  });

  it('asks a pool with neither for its kind', () => {
    expect(pathsOf({ pools: [{ capability: 'a' }] })).toEqual(['pools[0].kind']);
  });

  it('leaves what it has parsed as it is', () => {
    const once = parse({
      pools: [
        { capability: 'a', factory },
        { capability: 'b', kind: 'mcp', command: 'node' },
      ],
    });
    expect(parse(once)).toEqual(once);
  });

  it('has room for MAX_POOLS pools', () => {
    const pools = Array.from({ length: MAX_POOLS + 1 }, (_, index) => ({ capability: `c${index}`, factory }));
    expect(pathsOf({ pools })).toEqual(['pools']);
    expect(pathsOf({ pools: pools.slice(1) })).toEqual([]);
  });

  it('has types that refuse what it refuses', () => {
    const options: OrchestraOptionsInput = {
      // @ts-expect-error -- an unknown kind
      pools: [{ capability: 'a', kind: 'ftp' }],
    };
    expect(pathsOf(options)).toEqual(['pools[0].kind']);
  });
});

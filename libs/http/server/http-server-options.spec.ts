import { parseOptions, type ValidationError } from '#core';
import { httpServerOptionsSchema } from './http-server-options.js';

const problemsOf = (input: unknown): string[] => {
  try {
    parseOptions(httpServerOptionsSchema, input, 'options');
    return [];
  } catch (error) {
    return (error as ValidationError).problems.map(({ path }) => path);
  }
};

describe('httpServerOptionsSchema', () => {
  it('has defaults that fit each other', () => {
    expect(parseOptions(httpServerOptionsSchema, {}, 'options')).toEqual({
      host: '127.0.0.1',
      port: 3000,
      keepAliveTimeoutMs: 15_000,
      headersTimeoutMs: 16_000,
      requestTimeoutMs: 30_000,
      sendTimeoutMs: 30_000,
      connectionsCheckingIntervalMs: 2_000,
      bodyLimitBytes: 1_048_576,
      maxHeaderSizeBytes: 16_384,
      maxConnections: 10_000,
    });
  });

  it.each([
    [{ port: -1 }, ['port']],
    [{ port: 65_536 }, ['port']],
    [{ port: 1.5 }, ['port']],
    [{ host: '' }, ['host']],
    [{ keepAliveTimeoutMs: 0 }, ['keepAliveTimeoutMs']],
    [{ keepAliveTimeoutMs: Number.NaN, bodyLimitBytes: Infinity }, ['keepAliveTimeoutMs', 'bodyLimitBytes']],
    [{ headersTimeoutMs: 15_000 }, ['headersTimeoutMs']],
    [{ headersTimeoutMs: 30_001 }, ['headersTimeoutMs']],
    [{ maxConnections: 0 }, ['maxConnections']],
    [{ forceCloseConnections: true }, ['forceCloseConnections']],
  ])('refuses %j', (input, paths) => {
    expect(problemsOf(input)).toEqual(paths);
  });

  it('names both timeouts when they contradict each other', () => {
    expect(() => parseOptions(httpServerOptionsSchema, { keepAliveTimeoutMs: 20_000 }, 'options')).toThrow(
      'headersTimeoutMs: must be greater than keepAliveTimeoutMs',
    );
  });

  it('takes localhost for one address, so that there is one server', () => {
    expect(parseOptions(httpServerOptionsSchema, { host: 'localhost' }, 'options').host).toBe('127.0.0.1');
  });
});

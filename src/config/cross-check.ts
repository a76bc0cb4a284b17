import { formatPath, isPlainObject, type Problem } from '#core';
import { isLoopback } from './loopback.js';

/**
 * What no part of the configuration can tell by itself: repeated capabilities, a host that needs keys. Looks at the
 * configuration as it was written, whatever else is wrong with it; a schema would first want the rest to be right.
 */
export function crossCheck({ pools, http, auth }: Record<string, unknown>): Problem[] {
  const problems = repeatedCapabilities(pools).map((index) => ({
    path: formatPath(['pools', index, 'capability']),
    message: 'another pool has it already',
  }));
  const host = isPlainObject(http) ? http.host : undefined;
  if (auth !== undefined || typeof host !== 'string' || isLoopback(host)) return problems;
  const message = `${host} is reachable from other machines: set auth.apiKeys (or ORCHESTRA_API_KEYS), or bind 127.0.0.1`;
  return [...problems, { path: 'http.host', message }];
}

function repeatedCapabilities(pools: unknown): number[] {
  const seen = new Set<unknown>();
  return (Array.isArray(pools) ? pools : []).flatMap((pool: unknown, index) => {
    const capability = isPlainObject(pool) ? pool.capability : undefined;
    if (capability === undefined) return [];
    if (seen.has(capability)) return [index];
    seen.add(capability);
    return [];
  });
}

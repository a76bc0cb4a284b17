import { formatPath, isPlainObject, type Problem } from '#core';
import { isLoopback } from './loopback.js';

/**
 * What no part of the configuration can tell by itself: repeated capabilities, a host that needs keys. Looks at the
 * configuration as it was written, whatever else is wrong with it; a schema would first want the rest to be right.
 */
export function crossCheck(config: Record<string, unknown>): Problem[] {
  const { pools, http, microservice, auth } = config;
  const problems = repeatedCapabilities(pools).map((index) => ({
    path: formatPath(['pools', index, 'capability']),
    message: 'another pool has it already',
  }));
  if (!isRun(config)) {
    const message = 'on driver memory nobody else could run what is accepted here';
    problems.push({ path: 'dispatch.consume', message });
  }
  if (auth !== undefined) return problems;
  return [...problems, ...openHost('http', http), ...openHost('microservice', microservice)];
}

function isRun({ driver = 'memory', dispatch }: Record<string, unknown>): boolean {
  return driver !== 'memory' || !isPlainObject(dispatch) || dispatch.consume !== false;
}

function openHost(name: string, section: unknown): Problem[] {
  const host = isPlainObject(section) ? section.host : undefined;
  if (typeof host !== 'string' || isLoopback(host)) return [];
  const message = `${host} is reachable from other machines: set auth.apiKeys (or ORCHESTRA_API_KEYS), or bind 127.0.0.1`;
  return [{ path: `${name}.host`, message }];
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

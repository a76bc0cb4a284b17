import { existsSync } from 'node:fs';
import { addressOf } from '#redis/plain';
import type { ServiceConfig } from './config/config.schema.js';
import type { ServiceInfo } from './info/service-info.js';

export interface StartDescription {
  url: string;
  patternsUrl: string | null;
  config: ServiceConfig;
  /** The configuration file, if there was one. */
  file: string | null;
  info: ServiceInfo;
}

const EXAMPLE = 'examples/repository-brief/request.json';

/** What the start prints: where the service and its API are, which pools it has, and how to submit a workflow. */
export function describeStart({ url, patternsUrl, config, file, info }: StartDescription): string {
  const { pools, driver } = config;
  const lines = [
    `${info.name} ${info.version} listens on ${url} (driver ${driver}, config ${file ?? 'none: defaults'})`,
    ...(driver === 'bullmq' ? [`keeps queue and state in Redis at ${addressOf(config.redis)}`] : []),
    `its API, with examples: ${url}/docs`,
    ...(patternsUrl === null ? [] : [`message patterns on ${patternsUrl}`]),
    pools.length === 0 ? 'no pools: name some in the configuration' : 'pools:',
    ...pools.map(
      ({ capability, kind, size, selection }) =>
        `  ${capability.padEnd(14)} ${kind.padEnd(9)} ${agentCount(size)}, ${selection}`,
    ),
  ];
  if (existsSync(EXAMPLE)) {
    lines.push(
      'submit the example:',
      `  curl -s -X POST '${url}/v1/executions?waitMs=30000' -H 'content-type: application/json' --data @${EXAMPLE}`,
    );
  }
  if (process.env.NODE_ENV === 'production' && driver === 'memory') {
    lines.push(`WARNING: the ${driver} driver keeps nothing: accepted work is lost in a crash`);
  }
  return `${lines.join('\n')}\n`;
}

function agentCount({ min, max }: { min: number; max: number }): string {
  if (max > min) return `${min}..${max} agents`;
  return min === 1 ? '1 agent' : `${min} agents`;
}

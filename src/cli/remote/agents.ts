import type { Cli } from '../cli.js';
import type { AgentsOptions } from '../commands/agents.js';
import { printableJson } from '../text/printable.js';
import { formatTable } from '../text/table.js';
import { agentsSchema, poolsSchema } from './api-answers.js';
import { ApiClient } from './api-client.js';

/** Prints the pools of a service and their agents. */
export async function agents(cli: Cli, options: AgentsOptions): Promise<void> {
  const client = new ApiClient(cli, options);
  const [pools, all] = await Promise.all([
    client.call('GET', '/v1/pools', poolsSchema),
    client.call('GET', '/v1/agents', agentsSchema),
  ]);
  if (options.json === true) {
    cli.stdout.write(`${printableJson({ pools: pools.items, agents: all.items })}\n`);
    return;
  }
  const poolRows = pools.items.map(({ capability, kind, health, size, leases, selection }) => [
    capability,
    kind,
    health,
    `${size.current} of ${size.min}..${size.max}`,
    `${leases.active} (${leases.waiting} waiting)`,
    selection,
  ]);
  const agentRows = all.items.map(({ agentId, capability, state, active, concurrency, performance }) => [
    agentId,
    capability,
    state,
    `${active} of ${concurrency}`,
    `${performance.tasks} (${performance.failures} failed)`,
  ]);
  const { columns } = cli.stdout;
  const poolTable = formatTable(
    ['POOL', 'KIND', 'HEALTH', 'AGENTS', 'TASKS', 'SELECTION'],
    poolRows,
    columns,
  );
  const agentTable = formatTable(['AGENT', 'POOL', 'STATE', 'ACTIVE', 'DONE'], agentRows, columns);
  cli.stdout.write(`${poolTable}\n${agentTable}`);
}

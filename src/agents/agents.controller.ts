import { Controller, Get, Param, Query } from '@nestjs/common';
import { AgentPool, AgentPoolError, type AgentSnapshot, type PoolSnapshot } from '#agent-pool';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { parseRequest } from '../problems/parse-request.js';
import { getPool, listAgents, listPools } from './agents.operations.js';

/** Agents and pools as they are at the moment. */
@Controller('v1')
@RequireScope('read')
export class AgentsController {
  constructor(private readonly pool: AgentPool) {}

  @Get('agents')
  @Operation(listAgents)
  agents(@Query() query: unknown): { items: AgentSnapshot[] } {
    parseRequest(listAgents.request, { query });
    return { items: this.pool.agents() };
  }

  @Get('pools')
  @Operation(listPools)
  pools(@Query() query: unknown): { items: PoolSnapshot[] } {
    parseRequest(listPools.request, { query });
    return { items: this.pool.pools() };
  }

  @Get('pools/:capability')
  @Operation(getPool)
  onePool(@Param() params: unknown, @Query() query: unknown): PoolSnapshot {
    const {
      params: { capability },
    } = parseRequest(getPool.request, { params, query });
    const snapshot = this.pool.pool(capability);
    if (snapshot !== undefined) return snapshot;
    throw new AgentPoolError(
      'CAPABILITY_UNKNOWN',
      `there is no pool of capability ${JSON.stringify(capability)}`,
    );
  }
}

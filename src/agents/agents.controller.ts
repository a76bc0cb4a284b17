import { Controller, Get, Param, Query } from '@nestjs/common';
import { AgentPool, AgentPoolError, type AgentSnapshot, type PoolSnapshot } from '#agent-pool';
import { RequireScope } from '../auth/scope.decorators.js';
import { noQuerySchema, parseRequest } from '../problems/parse-request.js';
import { poolParamsSchema } from './agents.schemas.js';

/** Agents and pools as they are at the moment. */
@Controller('v1')
@RequireScope('read')
export class AgentsController {
  constructor(private readonly pool: AgentPool) {}

  @Get('agents')
  agents(@Query() query: unknown): { items: AgentSnapshot[] } {
    parseRequest({ query: noQuerySchema }, { query });
    return { items: this.pool.agents() };
  }

  @Get('pools')
  pools(@Query() query: unknown): { items: PoolSnapshot[] } {
    parseRequest({ query: noQuerySchema }, { query });
    return { items: this.pool.pools() };
  }

  @Get('pools/:capability')
  onePool(@Param() params: unknown, @Query() query: unknown): PoolSnapshot {
    const {
      params: { capability },
    } = parseRequest({ params: poolParamsSchema, query: noQuerySchema }, { params, query });
    const snapshot = this.pool.pool(capability);
    if (snapshot !== undefined) return snapshot;
    throw new AgentPoolError(
      'CAPABILITY_UNKNOWN',
      `there is no pool of capability ${JSON.stringify(capability)}`,
    );
  }
}

import { Body, Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { AgentPool, type PoolSnapshot } from '#agent-pool';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { parseRequest } from '../problems/parse-request.js';
import { drainPool, resizePool, resumePool } from './pools.operations.js';

/** What an operator may do to a pool while it runs. */
@Controller('v1/pools')
@RequireScope('admin')
export class PoolsController {
  constructor(private readonly pool: AgentPool) {}

  @Post(':capability/drain')
  @HttpCode(202)
  @Operation(drainPool)
  drain(@Param() params: unknown, @Query() query: unknown, @Body() body: unknown): PoolSnapshot {
    const parsed = parseRequest(drainPool.request, { params, query, body });
    return this.pool.drain(parsed.params.capability);
  }

  @Post(':capability/resume')
  @HttpCode(200)
  @Operation(resumePool)
  resume(@Param() params: unknown, @Query() query: unknown, @Body() body: unknown): PoolSnapshot {
    const parsed = parseRequest(resumePool.request, { params, query, body });
    return this.pool.resume(parsed.params.capability);
  }

  @Post(':capability/resize')
  @HttpCode(202)
  @Operation(resizePool)
  resize(@Param() params: unknown, @Query() query: unknown, @Body() body: unknown): PoolSnapshot {
    const parsed = parseRequest(resizePool.request, { params, query, body });
    return this.pool.resize(parsed.params.capability, parsed.body);
  }
}

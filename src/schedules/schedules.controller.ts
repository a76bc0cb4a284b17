import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ValidationError, type Page } from '#core';
import { WorkflowSchedules, type Schedule, type ScheduleRequest, type ScheduleSummary } from '#schedules';
import { RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { noQuerySchema, parseParts, parseRequest } from '../problems/parse-request.js';
import { createSchedule, deleteSchedule, getSchedule, listSchedules } from './schedules.operations.js';

/** Schedules over REST: create, list, read, delete. */
@Controller('v1/schedules')
export class SchedulesController {
  constructor(private readonly schedules: WorkflowSchedules) {}

  /** The body is checked where the schedule is made, with its workflow and at one time. */
  @Post()
  @HttpCode(201)
  @RequireScope('execute')
  @Operation(createSchedule)
  async create(
    @Body() body: unknown,
    @Query() query: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Schedule> {
    const { problems } = parseParts({ query: noQuerySchema }, { query });
    if (problems !== undefined) {
      throw new ValidationError('the request', [...problems, ...(await this.schedules.validate(body))]);
    }
    const schedule = await this.schedules.create(body as ScheduleRequest);
    void reply.header('location', `/v1/schedules/${encodeURIComponent(schedule.scheduleId)}`);
    return schedule;
  }

  @Get()
  @RequireScope('read')
  @Operation(listSchedules)
  list(@Query() query: unknown): Promise<Page<ScheduleSummary>> {
    return this.schedules.list(parseRequest(listSchedules.request, { query }).query);
  }

  @Get(':id')
  @RequireScope('read')
  @Operation(getSchedule)
  get(@Param() params: unknown, @Query() query: unknown): Promise<Schedule> {
    return this.schedules.get(parseRequest(getSchedule.request, { params, query }).params.id);
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireScope('execute')
  @Operation(deleteSchedule)
  delete(@Param() params: unknown, @Query() query: unknown): Promise<void> {
    return this.schedules.delete(parseRequest(deleteSchedule.request, { params, query }).params.id);
  }
}

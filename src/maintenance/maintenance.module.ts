import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { ClockModule } from '#core';
import { MaintenanceService } from './maintenance.service.js';

/** For drivers whose state outlives the process: what has to be looked after, although nothing happens. */
@Module({ imports: [ClockModule, ScheduleModule.forRoot()], providers: [MaintenanceService] })
export class MaintenanceModule {}

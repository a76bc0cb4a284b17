import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { MaintenanceService } from './maintenance.service.js';

/** For drivers whose state outlives the process: what has to be looked after, although nothing happens. */
@Module({ imports: [ScheduleModule.forRoot()], providers: [MaintenanceService] })
export class MaintenanceModule {}

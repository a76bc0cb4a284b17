import { Global, Module } from '@nestjs/common';
import { EventsModule } from '#events';
import { EventLog } from './event-log.js';
import { Readiness } from './readiness.js';

@Global()
@Module({ imports: [EventsModule], providers: [Readiness, EventLog], exports: [Readiness] })
export class LifecycleModule {}

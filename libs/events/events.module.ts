import { Module } from '@nestjs/common';
import { OrchestraEvents } from './orchestra-events.js';

/** One stream an application, however many modules import it. */
@Module({ providers: [OrchestraEvents], exports: [OrchestraEvents] })
export class EventsModule {}

import { Module } from '@nestjs/common';
import { ClockModule } from '#core';
import { OrchestraEvents } from './orchestra-events.js';

/** One stream an application, however many modules import it. */
@Module({ imports: [ClockModule], providers: [OrchestraEvents], exports: [OrchestraEvents] })
export class EventsModule {}

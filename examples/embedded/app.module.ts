import { Module } from '@nestjs/common';
import { OrchestraModule } from 'nest-orchestra';
import { TextsController } from './texts.controller.js';
import { TextsService } from './texts.service.js';
import { WordCounter } from './word-counter.agent.js';

@Module({
  imports: [OrchestraModule.forRoot({ dispatch: { maxConcurrentWorkflows: 20 } })],
  controllers: [TextsController],
  providers: [TextsService, WordCounter],
})
export class AppModule {}

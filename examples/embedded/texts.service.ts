import { Injectable } from '@nestjs/common';
import { WorkflowDispatcher } from 'nest-orchestra/dispatch';

@Injectable()
export class TextsService {
  constructor(private readonly dispatcher: WorkflowDispatcher) {}

  /** Counts the words of every text at once, one step each, then adds them up. */
  async measure(texts: string[]) {
    const workflow = {
      id: 'measure',
      steps: texts.map((_, i) => ({
        id: `text${i}`,
        capability: 'count-words',
        input: { text: `{% $input.texts[${i}] %}` },
      })),
      output: { words: '{% $sum($steps.*.output) %}' },
    };
    const execution = await this.dispatcher.submit(workflow, { input: { texts } });
    const { status, output, error } = await execution.result();
    return { status, output, error };
  }
}

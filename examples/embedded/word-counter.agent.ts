import { Agent, type AgentTask } from 'nest-orchestra/agent-pool';

/** Four agents, each a worker with one task at a time; all run on this provider. */
@Agent({ capability: 'count-words', size: { min: 4 } })
export class WordCounter {
  async execute({ input }: AgentTask) {
    const { text } = input as { text: string };
    return text.split(/\s+/).filter(Boolean).length;
  }
}

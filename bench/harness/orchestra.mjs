import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FunctionAgentFactory } from '../../dist/libs/agents/index.js';
import { OrchestraModule } from '../../dist/libs/orchestra/index.js';

/**
 * An application that is nothing but the house as it comes: memory driver, store, events and metrics. Its one pool runs
 * `work` in this process.
 */
export async function createOrchestra({
  work = () => null,
  agents = 1,
  concurrencyPerAgent = 16,
  dispatch,
} = {}) {
  const pool = {
    capability: 'work',
    factory: new FunctionAgentFactory(work),
    size: { min: agents },
    concurrencyPerAgent,
  };
  const root = OrchestraModule.forRoot({ pools: [pool], dispatch });
  const app = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'] });
  app.flushLogs();
  return app;
}

/**
 * A workflow of `count` steps.
 * @param order `chain`: each after the one before it; `data`: the same, given its output by an expression; `free`: at once.
 */
export function workflowOf(count, order = 'chain') {
  const steps = Array.from({ length: count }, (_, i) => ({
    id: `s${i}`,
    capability: 'work',
    dependsOn: order === 'free' || i === 0 ? [] : [`s${i - 1}`],
    ...(order === 'data' ? { input: i === 0 ? '{% $input %}' : `{% $steps.s${i - 1}.output %}` } : {}),
  }));
  return { id: `${order}-of-${count}`, steps };
}

import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FunctionAgentFactory } from '../../dist/libs/agents/index.js';
import { OrchestraModule } from '../../dist/libs/orchestra/index.js';

/**
 * An application that is nothing but the house as it comes: store, events and metrics, on the memory driver unless
 * `options` name another. Its one pool runs `work` in this process.
 */
export async function createOrchestra({
  work = () => null,
  agents = 1,
  concurrencyPerAgent = 16,
  ...options
} = {}) {
  const pool = {
    capability: 'work',
    factory: new FunctionAgentFactory(work),
    size: { min: agents },
    concurrencyPerAgent,
  };
  const root = OrchestraModule.forRoot({ pools: [pool], ...options });
  const app = await NestFactory.createApplicationContext(root, { logger: ['error', 'warn'] });
  app.flushLogs();
  return app;
}

/**
 * A workflow of `count` steps.
 * @param order `chain`: each after the one before it; `data`: the same, each given the output of the one before it by an
 *   expression; `free`: at once, each given the input of the execution.
 */
export function workflowOf(count, order = 'chain') {
  const steps = Array.from({ length: count }, (_, i) => {
    const before = `s${i - 1}`;
    const step = { id: `s${i}`, capability: 'work' };
    if (order === 'free') return { ...step, input: '{% $input %}' };
    const chained = { ...step, dependsOn: i === 0 ? [] : [before] };
    if (order === 'chain') return chained;
    return { ...chained, input: i === 0 ? '{% $input %}' : `{% $steps.${before}.output %}` };
  });
  return { id: `${order}-of-${count}`, steps };
}

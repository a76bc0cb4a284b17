import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { maxOutputBytesSchema } from '../output/max-output-bytes.js';

/** Of every kind of agent that is a module of ours, wherever it runs. */
export const agentModuleSchema = z
  .string()
  .refine((module) => isAbsolute(module) || (module.startsWith('file:') && URL.canParse(module)), {
    message: 'must be an absolute path or a file: URL',
  })
  .describe(
    'The ES module whose default export runs the tasks: an absolute path or a file: URL; in a file of configuration also a path relative to it.',
  );

export const moduleAgentOptionsSchema = z.strictObject({
  module: agentModuleSchema,
  maxOutputBytes: maxOutputBytesSchema,
});
export type ModuleAgentOptions = z.input<typeof moduleAgentOptionsSchema>;
export type ResolvedModuleAgentOptions = z.output<typeof moduleAgentOptionsSchema>;

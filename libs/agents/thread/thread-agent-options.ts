import { z } from 'zod';
import { delayMsSchema } from '#core';
import { agentModuleSchema } from '../function/module-agent-options.js';
import { maxOutputBytesSchema } from '../output/max-output-bytes.js';

/** More than a machine of today has; Node takes what is asked for and fails later. */
const LARGEST_HEAP_MB = 65_536;

/** What V8 and Node need to start with; below it a thread ends before it has begun. */
const SMALLEST_HEAP_MB = 16;

/** Names and meanings are those of Node's `Worker`. They bound the heap; buffers lie beside it and are not counted. */
const resourceLimitsSchema = z.strictObject({
  maxOldGenerationSizeMb: z
    .int()
    .min(SMALLEST_HEAP_MB)
    .max(LARGEST_HEAP_MB)
    .default(256)
    .describe(
      'Largest heap of a thread, but for young objects. Buffers are not counted; one array far larger than this ends the whole process.',
    ),
  maxYoungGenerationSizeMb: z
    .int()
    .min(1)
    .max(1_024)
    .default(32)
    .describe('Room for objects that were made lately.'),
  stackSizeMb: z.int().min(1).max(64).default(4).describe('Largest stack of a thread.'),
});

export const threadAgentOptionsSchema = z.strictObject({
  module: agentModuleSchema,
  maxOutputBytes: maxOutputBytesSchema,
  abortGraceMs: delayMsSchema
    .default(1_000)
    .describe(
      'How long a task may clean up after its signal aborted; then its thread is ended, and the other tasks on it fail with AGENT_LOST. Below `dispatch.abortGraceMs`, after which the agent is given up.',
    ),
  resourceLimits: resourceLimitsSchema.prefault({}),
});
export type ThreadAgentOptions = z.input<typeof threadAgentOptionsSchema>;
export type ResolvedThreadAgentOptions = z.output<typeof threadAgentOptionsSchema>;

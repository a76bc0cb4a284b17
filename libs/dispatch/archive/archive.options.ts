import { z } from 'zod';
import { idSchema } from '#core';
import { EXECUTION_STATUSES } from '../execution/execution.js';

export const exportOptionsSchema = z.strictObject({
  statuses: z.array(z.enum(EXECUTION_STATUSES)).min(1).optional().describe('Default: all.'),
  workflowId: idSchema.optional().describe('Executions of this workflow only.'),
  since: z.iso.datetime({ offset: true }).optional().describe('Executions submitted then or later.'),
  order: z
    .enum(['oldest', 'newest'])
    .default('oldest')
    .describe('Which come first. Oldest: imported so, they wait in the order in which they waited.'),
});
export type ExportOptions = z.input<typeof exportOptionsSchema>;

export const importOptionsSchema = z.strictObject({
  dryRun: z.boolean().default(false).describe('Whether everything is checked and nothing is written.'),
});
export type ImportOptions = z.input<typeof importOptionsSchema>;

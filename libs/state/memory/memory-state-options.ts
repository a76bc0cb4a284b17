import { z } from 'zod';

const bound = z.int().min(1);

/** How much the memory store keeps; the defaults are far above normal use and far below what ends a process. */
export const memoryStateOptionsSchema = z.strictObject({
  maxLogLength: bound
    .default(10_000)
    .describe('A log keeps this many entries, the latest; older ones are dropped.'),
  maxListLength: bound
    .default(100_000)
    .describe('A list holds at most this many values; more are refused with LIST_FULL.'),
  maxNames: bound
    .max(10_000_000)
    .default(1_000_000)
    .describe(
      'At most this many of each: records, fields of a record, claimed keys, indexes, members of an index, logs, lists; ' +
        'one more is refused with STORE_FULL.',
    ),
});

export type MemoryStateOptions = z.input<typeof memoryStateOptionsSchema>;
export type ResolvedMemoryStateOptions = z.output<typeof memoryStateOptionsSchema>;

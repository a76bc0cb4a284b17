import { z } from 'zod';

export const DEFAULT_MAX_OUTPUT_BYTES = 1_048_576;

/** Above it, outputs belong in a store of their own, with a reference to them as the output. */
const LARGEST_MAX_OUTPUT_BYTES = 1_073_741_824;

export const maxOutputBytesSchema = z
  .int()
  .min(1)
  .max(LARGEST_MAX_OUTPUT_BYTES)
  .default(DEFAULT_MAX_OUTPUT_BYTES)
  .describe('Largest output of a task, as JSON.');

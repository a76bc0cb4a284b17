import { z } from 'zod';
import { maxOutputBytesSchema } from '../output/max-output-bytes.js';

export const functionAgentOptionsSchema = z.strictObject({ maxOutputBytes: maxOutputBytesSchema });
export type FunctionAgentOptions = z.input<typeof functionAgentOptionsSchema>;

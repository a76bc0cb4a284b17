import { z } from 'zod';
import { maxOutputBytesSchema } from '../output/max-output-bytes.js';
import { agentHeadersSchema } from './agent-headers.js';
import { agentUrlSchema } from './agent-url.js';

export const httpAgentOptionsSchema = z.strictObject({
  url: agentUrlSchema.describe('Where tasks are posted to.'),
  healthUrl: agentUrlSchema
    .optional()
    .describe('What a ping gets; any 2xx is healthy. Default: a TCP connect to `url`.'),
  headers: agentHeadersSchema.prefault({}).describe('Sent with every request.'),
  maxOutputBytes: maxOutputBytesSchema,
});
export type HttpAgentOptions = z.input<typeof httpAgentOptionsSchema>;
export type ResolvedHttpAgentOptions = z.output<typeof httpAgentOptionsSchema>;

import { z } from 'zod';
import { agentHeadersSchema } from '../http/agent-headers.js';
import { agentUrlSchema } from '../http/agent-url.js';
import { maxOutputBytesSchema } from '../output/max-output-bytes.js';

const noNul = (text: string): boolean => !text.includes('\0');
const argument = z.string().max(32_768).refine(noNul, 'must not contain NUL');

const stdioOptionsSchema = z.strictObject({
  command: argument.min(1).describe('The MCP server to start, without a shell.'),
  args: z.array(argument).max(256).default([]),
  env: z
    .record(z.string().regex(/^[^=\0]+$/, 'must not contain = or NUL'), argument)
    .default({})
    .describe('Added to PATH, HOME, LOGNAME, SHELL, TERM and USER, which is all that the server inherits.'),
  cwd: argument.min(1).optional().describe('Default: that of this process.'),
  maxOutputBytes: maxOutputBytesSchema,
});

const httpOptionsSchema = z.strictObject({
  url: agentUrlSchema.describe('The endpoint of an MCP server over streamable HTTP.'),
  headers: agentHeadersSchema.prefault({}).describe('Sent with every request.'),
  maxOutputBytes: maxOutputBytesSchema,
});

/** Either `command`, a server that is our child process, or `url`, one that is not. */
export const mcpAgentOptionsSchema = z.union([stdioOptionsSchema, httpOptionsSchema]);
export type McpAgentOptions = z.input<typeof mcpAgentOptionsSchema>;
export type ResolvedMcpAgentOptions = z.output<typeof mcpAgentOptionsSchema>;
export type StdioServerOptions = z.output<typeof stdioOptionsSchema>;
export type HttpServerOptions = z.output<typeof httpOptionsSchema>;

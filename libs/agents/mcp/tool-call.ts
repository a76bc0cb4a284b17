import { z } from 'zod';
import { jsonValueSchema, parseShape } from '#core';
import { AgentError } from '../agents.errors.js';

/** The input of a task for an MCP agent. */
const toolCallSchema = z.strictObject({
  tool: z.string().min(1).max(256),
  arguments: z.record(z.string(), jsonValueSchema).default({}),
});
export type ToolCall = z.output<typeof toolCallSchema>;

/** @throws {AgentError} `AGENT_INPUT_INVALID`, listing every problem. */
export function parseToolCall(input: unknown): ToolCall {
  const parsed = parseShape(toolCallSchema, input, ['input']);
  if ('data' in parsed) return parsed.data;
  const { problems } = parsed;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new AgentError('AGENT_INPUT_INVALID', `not a tool call: ${list}`, { details: { problems } });
}

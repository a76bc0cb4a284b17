import type { CallToolResult } from '@modelcontextprotocol/client';
import { AgentError } from '../agents.errors.js';

/**
 * The output of a step from a tool's result: its structured content if it has one, else `{content}`, which is the text
 * if all blocks are text (joined by line feeds) and the list of blocks otherwise.
 *
 * @throws {AgentError} `AGENT_TOOL_ERROR` when the tool says that it failed. Not retryable: it ran and answered, and most
 * of these are about its arguments.
 */
export function toolOutput(tool: string, result: CallToolResult): unknown {
  const text = textOf(result.content);
  if (result.isError === true) {
    throw new AgentError('AGENT_TOOL_ERROR', text ?? `the tool ${tool} failed`, { details: { tool } });
  }
  return result.structuredContent ?? { content: text ?? result.content };
}

function textOf(blocks: CallToolResult['content']): string | undefined {
  const texts: string[] = [];
  for (const block of blocks) {
    if (block.type !== 'text') return undefined;
    texts.push(block.text);
  }
  return texts.join('\n');
}

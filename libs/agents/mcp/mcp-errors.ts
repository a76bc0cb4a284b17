import {
  INTERNAL_ERROR,
  ProtocolError,
  SdkError,
  SdkErrorCode,
  SdkHttpError,
} from '@modelcontextprotocol/client';
import type { MissingPeerError } from '#core';
import { AgentError } from '../agents.errors.js';
import { isRetryableStatus, networkError } from '../http/http-errors.js';
import { CONNECTION_CLOSED } from './streamable-http-transport.js';

/** The server answered, and not as MCP has it; it will do so again. */
const NOT_MCP = new Set([
  SdkErrorCode.InvalidResult,
  SdkErrorCode.UnsupportedResultType,
  SdkErrorCode.ClientHttpUnexpectedContent,
]);

/** What an MCP client threw, as an error of ours. */
export function mcpError(error: unknown): AgentError | MissingPeerError {
  if (error instanceof AgentError) return error;
  if (error instanceof ProtocolError) return protocolError(error);
  if (error instanceof SdkHttpError) {
    return new AgentError('AGENT_HTTP_ERROR', `the MCP server answered ${error.status}`, {
      retryable: isRetryableStatus(error.status),
      details: { status: error.status },
      cause: error,
    });
  }
  if (error instanceof SdkError && NOT_MCP.has(error.code)) {
    return new AgentError('AGENT_INVALID_OUTPUT', `the MCP server does not speak MCP: ${error.message}`, {
      cause: error,
    });
  }
  if (error instanceof SdkError) {
    return new AgentError('AGENT_LOST', `the MCP connection failed: ${error.message}`, {
      retryable: true,
      cause: error,
    });
  }
  return networkError(error);
}

/** An error that the server answered with: it knows no such tool, takes no such arguments, or failed itself. */
function protocolError(error: ProtocolError): AgentError {
  if (error.code === CONNECTION_CLOSED) {
    return new AgentError('AGENT_LOST', error.message, { retryable: true, cause: error });
  }
  return new AgentError('AGENT_TOOL_ERROR', error.message, {
    retryable: error.code === INTERNAL_ERROR,
    details: { rpcCode: error.code },
    cause: error,
  });
}

/** Whether the server has forgotten our session: MCP says 404, servers that were started anew also say 400. */
export function isSessionLost(error: unknown): error is SdkHttpError {
  return error instanceof SdkHttpError && (error.status === 404 || error.status === 400);
}

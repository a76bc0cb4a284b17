import { MissingPeerError, messageOf } from '#core';
import { AgentError } from '../agents.errors.js';

/** Statuses below 500 that may pass by themselves: request timeout, too early, too many requests. */
const RETRYABLE_STATUSES = new Set([408, 425, 429]);

export function isRetryableStatus(status: number): boolean {
  return status >= 500 || RETRYABLE_STATUSES.has(status);
}

/** No connection was made, so nothing was sent. Codes of undici, the resolver and the operating system. */
const NEVER_CONNECTED = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_MAX_ORIGINS_REACHED',
  'UND_ERR_CLOSED',
  'UND_ERR_DESTROYED',
  'ECONNREFUSED',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** A request that got no answer, as an `AGENT_UNREACHABLE` or `AGENT_LOST`; one that could not be made says so itself. */
export function networkError(error: unknown): AgentError | MissingPeerError {
  if (error instanceof MissingPeerError) return error;
  const code = codeOf(error);
  const details = code === undefined ? {} : { cause: code };
  return code !== undefined && NEVER_CONNECTED.has(code)
    ? new AgentError('AGENT_UNREACHABLE', `no connection to the agent: ${code}`, {
        retryable: true,
        details,
        cause: error,
      })
    : new AgentError(
        'AGENT_LOST',
        `the connection to the agent ended before its answer did: ${code ?? messageOf(error)}`,
        {
          retryable: true,
          details,
          cause: error,
        },
      );
}

/** The code of an error or of what caused it; `fetch` wraps the one that says something. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return typeof code === 'string' ? code : codeOf(cause);
}

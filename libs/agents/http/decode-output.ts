import { AgentError } from '../agents.errors.js';

const PREVIEW_LENGTH = 100;

const JSON_MEDIA_TYPE = /^application\/(?:[\w!#$&^.+-]+\+)?json$/i;

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON value in a 2xx answer. No body is null; no content type counts as JSON, another one than `application/json`
 * and `application/*+json` is refused even if it parses: a page of a proxy is no output.
 *
 * @throws {AgentError} `AGENT_INVALID_OUTPUT` with the beginning of the answer in `details.preview`.
 */
export function decodeOutput(body: Buffer, contentType: string | string[] | undefined): unknown {
  if (body.length === 0) return null;
  const [mediaType = ''] = String(contentType ?? '').split(';');
  if (contentType !== undefined && !JSON_MEDIA_TYPE.test(mediaType.trim())) {
    throw invalidOutput(`the agent answered ${mediaType.trim().slice(0, PREVIEW_LENGTH)}, not JSON`, body);
  }
  try {
    return JSON.parse(utf8.decode(body));
  } catch (error) {
    throw invalidOutput('the answer of the agent is not JSON', body, error);
  }
}

/** The beginning of a text, on one line. */
export function preview(body: Buffer): string {
  const text = body.toString('utf8', 0, 4 * PREVIEW_LENGTH).replace(/[\p{Cc}\s]+/gu, ' ');
  return text.trim().slice(0, PREVIEW_LENGTH).toWellFormed();
}

function invalidOutput(message: string, body: Buffer, cause?: unknown): AgentError {
  return new AgentError('AGENT_INVALID_OUTPUT', message, { details: { preview: preview(body) }, cause });
}

import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

/** Something that stays as it is for as long as the process runs. */
export interface CachedContent {
  type: string;
  bytes: Buffer;
  etag: string;
}

export function cachedContent(type: string, content: Buffer | string): CachedContent {
  const bytes = Buffer.from(content);
  return { type, bytes, etag: `"${createHash('sha256').update(bytes).digest('base64url')}"` };
}

/** The headers of such an answer, for the document. */
export const cacheHeaderSchemas = {
  ETag: z.string().describe('Stands for the content; see `If-None-Match`.'),
  'Cache-Control': z.string().describe('That it is to be asked for again, which costs a 304.'),
};

/** Sends it, or 304 to a client that has it. It changes with the version of the service, so caches ask each time. */
export function sendCached(
  { headers }: FastifyRequest,
  reply: FastifyReply,
  { type, bytes, etag }: CachedContent,
): void {
  void reply.headers({ etag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' });
  if (names(headers['if-none-match'], etag)) void reply.code(304).send();
  else void reply.header('content-type', type).send(bytes);
}

/** Whether an `If-None-Match` names the tag, a weak one too: proxies make them weak (RFC 9110 §13.1.2). */
function names(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(etag);
}

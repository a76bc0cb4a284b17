import { z } from 'zod';
import { durationMsSchema } from '#core';

const PROTOCOLS = ['redis:', 'rediss:'];

/** Braces would be a second hash tag; a colon ends the prefix of a key. */
const KEY_PREFIX = /^[^\0{}:]{1,64}$/u;

/** How to reach a Redis server, and what is ours there. */
export const redisOptionsSchema = z.strictObject({
  url: z
    .string()
    .refine(
      isRedisUrl,
      'must be a URL like redis://user:password@host:6379/0, or rediss:// for TLS; a % in a password is %25',
    )
    .default('redis://127.0.0.1:6379')
    .describe('Where the server is; `rediss://` for TLS, with user and password where it asks for them.'),
  keyPrefix: z
    .string()
    .regex(KEY_PREFIX, 'must be 1..64 characters, none of them a brace, a colon or NUL')
    .default('orchestra')
    .describe('What every key begins with, in braces: services that share a server need one each.'),
  connectTimeoutMs: durationMsSchema
    .default(4_000)
    .describe('How long a start waits for the server, before it fails.'),
  commandTimeoutMs: durationMsSchema
    .default(2_000)
    .describe('How long a command may take, before it fails with BACKEND_UNAVAILABLE.'),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe('File of the certificates (PEM) to trust with `rediss://`. Default: those of Node.'),
});

export type RedisOptions = Readonly<z.output<typeof redisOptionsSchema>>;
export type RedisOptionsInput = z.input<typeof redisOptionsSchema>;

function isRedisUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  if (hostname === '' || !PROTOCOLS.includes(protocol)) return false;
  if (!isEncoded(username) || !isEncoded(password)) return false;
  return /^\/?[0-9]{0,4}$/.test(pathname) && search === '' && hash === '';
}

/** A `%` that stands for itself is written `%25`. */
function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

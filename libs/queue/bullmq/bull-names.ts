import { createHash } from 'node:crypto';

/** What may be part of a key, and of a job id of BullMQ, as it is. */
const PLAIN = /^[\w.-]{1,100}$/;

const HASHED = 'h-';
const AS_IS = 'i-';

/**
 * The name that BullMQ knows a queue by: its own where that is plain (`executions`), as others look for it; else a hash,
 * for BullMQ takes no colon.
 */
export function bullQueueName(name: string): string {
  return PLAIN.test(name) && !name.startsWith(HASHED) ? name : hashed(name);
}

/** The id that BullMQ knows a job by. It refuses numbers and most colons, and takes `0:…` for a marker of its own. */
export function bullJobId(id: string): string {
  return PLAIN.test(id) ? AS_IS + id : hashed(id);
}

function hashed(text: string): string {
  return HASHED + createHash('sha256').update(text).digest('base64url');
}

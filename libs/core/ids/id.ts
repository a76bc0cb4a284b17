import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** Longest id of a workflow, execution, agent, job or message, in UTF-16 units. */
export const MAX_ID_LENGTH = 256;

/** Any string of 1..256 characters without NUL; drivers hash what their backend refuses. */
export const idSchema = z
  .string()
  .min(1)
  .max(MAX_ID_LENGTH)
  .refine((id) => !id.includes('\0'), 'must not contain NUL')
  .refine((id) => id.isWellFormed(), 'must be well-formed Unicode');

/** What the 48 bits of the time part hold: the year 10889. */
const MAX_TIME_MS = 2 ** 48 - 1;

let lastMs = 0;
let sequence = 0;

/**
 * A UUIDv7 (RFC 9562 §5.7) that grows within a process, so that ids sort by the moment they were made.
 *
 * The 12 bits after the time are a counter (RFC 9562 §6.2, method 1); when it overflows within one millisecond the
 * time part runs ahead by one.
 *
 * @param nowMs wall clock, ms since the epoch; a fraction is dropped. What is no such time (NaN, beyond 48 bits) counts
 *   as a clock that stood still, because one bad reading must not spoil every later id.
 */
export function newId(nowMs: number = Date.now()): string {
  const ms = Math.floor(nowMs);
  if (ms > lastMs && ms <= MAX_TIME_MS) {
    lastMs = ms;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const random = randomBits();
  const variant = ((random.readUInt8(0) & 0x3f) | 0x80).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence.toString(16).padStart(3, '0')}-${variant}${random.toString('hex', 1, 2)}-${random.toString('hex', 2, 8)}`;
}

const POOL_BYTES = 4_096;
const BYTES_PER_ID = 8;
let pool = Buffer.alloc(0);
let used = 0;

/** Asking the kernel for 8 bytes at a time would cost more than all the rest of an id. */
function randomBits(): Buffer {
  if (used + BYTES_PER_ID > pool.length) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += BYTES_PER_ID;
  return pool.subarray(used - BYTES_PER_ID, used);
}

import { randomFillSync } from 'node:crypto';
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
  writeHex(lastMs / 2 ** 16, 0, 8);
  writeHex(lastMs % 2 ** 16, 9, 4);
  writeHex(sequence, 15, 3);
  const random = takeRandom();
  writeHex((pool.readUInt16LE(random) & 0x3fff) | 0x8000, 19, 4);
  writeHex(pool.readUInt16LE(random + 2), 24, 4);
  writeHex(pool.readUInt32LE(random + 4), 28, 8);
  return text.toString('latin1');
}

/**
 * The id under way, its dashes and its version in place. Written as bytes and read as one string: pieces joined with `+`
 * stay a tree of strings, of ten times the memory, for as long as the id is kept.
 */
const text = Buffer.from('00000000-0000-7000-0000-000000000000');
const HEX_DIGITS = Buffer.from('0123456789abcdef');

/** The lowest `digits` hexadecimal digits of a number below 2^32; what is behind its point is dropped. */
function writeHex(value: number, start: number, digits: number): void {
  for (let at = start + digits - 1; at >= start; at--) {
    text[at] = HEX_DIGITS[value & 0xf] ?? 0;
    value >>>= 4;
  }
}

const POOL_BYTES = 4_096;
const BYTES_PER_ID = 8;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/** Where the next unused bytes of the pool are. Asking the kernel for 8 at a time would cost more than the rest of an id. */
function takeRandom(): number {
  if (used === POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  used += BYTES_PER_ID;
  return used - BYTES_PER_ID;
}

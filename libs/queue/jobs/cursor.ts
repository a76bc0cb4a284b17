import { createHmac } from 'node:crypto';
import type { z } from 'zod';
import type { JobState } from '../ports/job.js';
import { QueueError } from '../ports/queue.errors.js';

/** 96 bits: beyond guessing, and short. */
const SEAL_BYTES = 12;

/**
 * Turns positions into opaque cursors and back. A cursor is sealed and bound to the states it was made for, so that only
 * what was issued with the same key, for the same listing, is ever read.
 */
export class CursorCodec<P> {
  readonly #schema: z.ZodType<P>;
  readonly #key: Buffer | string;

  /** @param key instances that are to read each other's cursors have the same one. */
  constructor(schema: z.ZodType<P>, key: Buffer | string) {
    this.#schema = schema;
    this.#key = key;
  }

  encode(states: readonly JobState[], position: P): string {
    const body = Buffer.from(JSON.stringify(position));
    return Buffer.concat([this.#seal(states, body), body]).toString('base64url');
  }

  /** @throws {QueueError} `INVALID_CURSOR`. */
  decode(states: readonly JobState[], cursor: string): P {
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(SEAL_BYTES);
    // Decoding overlooks padding and foreign characters: a text is ours when it is the one we would write.
    if (
      bytes.toString('base64url') !== cursor ||
      !bytes.subarray(0, SEAL_BYTES).equals(this.#seal(states, body))
    ) {
      throw new QueueError('INVALID_CURSOR', 'not a cursor of this listing');
    }
    return this.#schema.parse(JSON.parse(body.toString()));
  }

  #seal(states: readonly JobState[], body: Buffer): Buffer {
    return createHmac('sha256', this.#key)
      .update(states.join())
      .update('\0')
      .update(body)
      .digest()
      .subarray(0, SEAL_BYTES);
  }
}

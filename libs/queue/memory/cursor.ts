import { createHmac, randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { JobState } from '../ports/job.js';
import { QueueError } from '../ports/queue.errors.js';

/** Where a page ended: the index of the state in the list asked for, and the sort key of the last job. */
const positionSchema = z.tuple([z.int(), z.number(), z.number()]);
export type Position = z.output<typeof positionSchema>;

/** 96 bits: beyond guessing, and short. */
const SEAL_BYTES = 12;

/**
 * Turns positions into opaque cursors and back. A cursor is sealed with a key of this process and bound to the states
 * it was made for, so that only what was issued here, for the same listing, is ever read.
 */
export class CursorCodec {
  readonly #key = randomBytes(32);

  encode(states: readonly JobState[], position: Position): string {
    const body = Buffer.from(JSON.stringify(position));
    return Buffer.concat([this.#seal(states, body), body]).toString('base64url');
  }

  /** @throws {QueueError} `INVALID_CURSOR`. */
  decode(states: readonly JobState[], cursor: string): Position {
    const bytes = Buffer.from(cursor, 'base64url');
    const body = bytes.subarray(SEAL_BYTES);
    // Decoding overlooks padding and foreign characters: a text is ours when it is the one we would write.
    if (
      bytes.toString('base64url') !== cursor ||
      !bytes.subarray(0, SEAL_BYTES).equals(this.#seal(states, body))
    ) {
      throw new QueueError('INVALID_CURSOR', 'not a cursor of this listing');
    }
    return positionSchema.parse(JSON.parse(body.toString()));
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

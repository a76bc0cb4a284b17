import { PatternError } from './patterns.errors.js';

/** Enough for every length that `maxMessageLength` may allow. */
const MAX_LENGTH_DIGITS = 9;

const LENGTH = new RegExp(`^(\\d{1,${MAX_LENGTH_DIGITS}})#`);
const START_OF_LENGTH = new RegExp(`^\\d{0,${MAX_LENGTH_DIGITS}}$`);

/**
 * The messages in a stream of bytes, as Nest's TCP transport frames them: the length in UTF-16 units, `#`, the text.
 *
 * What cannot become a message is refused as soon as that is known, and the time taken is in proportion to the bytes,
 * however they are cut.
 */
export class FrameReader {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #maxLength: number;
  #text = '';
  /** Of the message that has begun. */
  #length: number | undefined;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Whether there is a part of a message that is not whole yet. */
  get isWithin(): boolean {
    return this.#length !== undefined || this.#text !== '';
  }

  /** @throws {PatternError} `MALFORMED_JSON` when the bytes are not UTF-8. */
  push(bytes: Uint8Array): void {
    try {
      this.#text += this.#decoder.decode(bytes, { stream: true });
    } catch (cause) {
      throw new PatternError('MALFORMED_JSON', 'the message is not UTF-8', { cause });
    }
  }

  /** The next message, undefined until there is a whole one. @throws {PatternError} `BAD_REQUEST`, `PAYLOAD_TOO_LARGE`. */
  next(): string | undefined {
    this.#length ??= this.#takeLength();
    if (this.#length === undefined || this.#text.length < this.#length) return undefined;
    const message = this.#text.slice(0, this.#length);
    this.#text = this.#text.slice(this.#length);
    this.#length = undefined;
    return message;
  }

  #takeLength(): number | undefined {
    const start = this.#text.slice(0, MAX_LENGTH_DIGITS + 1);
    const [prefix, digits] = LENGTH.exec(start) ?? [];
    if (prefix === undefined) {
      if (START_OF_LENGTH.test(start)) return undefined;
      throw new PatternError('BAD_REQUEST', 'a message begins with its length and #');
    }
    const length = Number(digits);
    if (length > this.#maxLength) {
      throw new PatternError('PAYLOAD_TOO_LARGE', `a message may have ${this.#maxLength} UTF-16 units`);
    }
    this.#text = this.#text.slice(prefix.length);
    return length;
  }
}

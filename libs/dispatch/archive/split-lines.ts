/** A line of a text, without its line break. */
export interface NumberedLine {
  /** 1 for the first. */
  number: number;
  /** Null when it is longer than asked for: nobody held it. */
  text: string | null;
}

/** The lines of a text that comes in pieces (UTF-8), without those that are blank. Holds one line at a time, and a piece. */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxLength: number,
): AsyncGenerator<NumberedLine> {
  const line = new LineBuffer(maxLength);
  const decoder = new TextDecoder();
  for await (const chunk of chunks) yield* line.add(decoder.decode(chunk, { stream: true }));
  yield* line.add(decoder.decode());
  yield* line.end();
}

class LineBuffer {
  readonly #maxLength: number;
  #parts: string[] = [];
  #length = 0;
  #number = 0;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  *add(text: string): Iterable<NumberedLine> {
    let from = 0;
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      this.#push(text.slice(from, to));
      yield* this.end();
      from = to + 1;
    }
    this.#push(text.slice(from));
  }

  *end(): Iterable<NumberedLine> {
    const number = ++this.#number;
    const isTooLong = this.#length > this.#maxLength;
    const text = this.#parts.join('').replace(/\r$/, '');
    this.#parts = [];
    this.#length = 0;
    if (isTooLong) yield { number, text: null };
    else if (text.trim() !== '') yield { number, text };
  }

  #push(part: string): void {
    this.#length += part.length;
    if (this.#length > this.#maxLength) this.#parts = [];
    else if (part !== '') this.#parts.push(part);
  }
}

import { KeptOutput } from './make-cli.js';

// eslint-disable-next-line no-control-regex -- sequences begin with one
const SEQUENCE = /\u001b\[(\?)?(\d*)([A-Za-z])|([\s\S])/gu;

/** As much of a terminal as a display uses: cursor up, erase, scroll. Every character takes one column. */
export class Screen extends KeptOutput {
  override isTTY = true;
  cursorShown = true;
  /** What scrolled away, then what is shown. */
  readonly #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(
    override columns: number,
    override rows: number,
  ) {
    super();
  }

  /** Everything from the first line on, without the blanks at the ends. */
  get lines(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  override write(text: string): void {
    super.write(text);
    for (const [, mode, number, command, character] of text.matchAll(SEQUENCE)) {
      if (command !== undefined) this.#do(command, Number(number || 1), mode !== undefined);
      else this.#put(character ?? '');
    }
  }

  #do(command: string, number: number, isMode: boolean): void {
    if (isMode) this.cursorShown = command === 'h';
    else if (command === 'A') this.#row = Math.max(this.#top, this.#row - number);
    else if (command === 'K') this.#cut();
    else if (command === 'J') {
      this.#cut();
      this.#lines.length = this.#row + 1;
    } else if (command !== 'm') throw new Error(`not a command of this terminal: ${command}`);
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#newLine();
    else {
      if (this.#column === this.columns) this.#newLine();
      const line = (this.#lines[this.#row] ?? '').padEnd(this.#column);
      this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
      this.#column++;
    }
  }

  #newLine(): void {
    this.#row++;
    this.#column = 0;
    this.#lines[this.#row] ??= '';
  }

  #cut(): void {
    this.#lines[this.#row] = (this.#lines[this.#row] ?? '').slice(0, this.#column);
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.rows);
  }
}

import { JitteredLoop, type Clock } from '#core';
import type { Output } from '../cli.js';
import { displayWidth } from '../text/width.js';
import type { Display, DisplayOptions } from './display.js';
import type { ExecutionView } from './execution-view.js';
import { colourMark, renderProgress } from './render-progress.js';

/** Ten frames a second: elapsed times move, and a hundred events in between cost one frame. */
const FRAME_MS = 100;

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_REST = '\u001b[K';
const ERASE_BELOW = '\u001b[J';

/**
 * Redraws an execution in place, at the end of what the terminal shows.
 *
 * The cursor stays behind the last line. What was drawn is erased from there: after a resize the terminal has wrapped
 * its lines anew, so the way up is reckoned with the width it has now.
 */
export class LiveDisplay implements Display {
  readonly #output: Output;
  readonly #clock: Clock;
  readonly #aheadMs: number;
  readonly #loop: JitteredLoop;
  readonly #redraw = (): void => this.#draw();
  readonly #leave = (): void => void this.#output.write(`\n${SHOW_CURSOR}`);
  #view: ExecutionView | undefined;
  #drawn: readonly string[] = [];

  constructor(output: Output, { clock, aheadMs = 0 }: DisplayOptions) {
    this.#output = output;
    this.#clock = clock;
    this.#aheadMs = aheadMs;
    this.#loop = new JitteredLoop({
      clock,
      intervalMs: FRAME_MS,
      jitter: 0,
      run: async () => this.#draw(),
      onError: (error) => {
        throw error;
      },
    });
  }

  open(view: ExecutionView): void {
    this.#view = view;
    this.#output.write(HIDE_CURSOR);
    // However the process ends, it leaves a cursor.
    process.once('exit', this.#leave);
    this.#output.on('resize', this.#redraw);
    this.#draw();
    this.#loop.start();
  }

  changed(): void {
    // The next frame shows it.
  }

  note(text: string): void {
    this.#write([...text.split('\n'), ...this.#drawn.map(colourMark)]);
    if (this.#view === undefined) this.#output.write('\n');
  }

  close(): void {
    if (this.#view === undefined) return;
    void this.#loop.stop();
    this.#output.off('resize', this.#redraw);
    process.off('exit', this.#leave);
    // Whole: what has no room on the screen is above it then.
    this.#draw(Number.POSITIVE_INFINITY);
    this.#leave();
    this.#view = undefined;
    this.#drawn = [];
  }

  #draw(rows = this.#rows): void {
    if (this.#view === undefined) return;
    // One column stays free: a line that fills the last one may wrap.
    const columns = Math.max(1, this.#columns - 1);
    const lines = renderProgress(this.#view, { columns, rows, now: this.#clock.now() + this.#aheadMs });
    if (lines.length === this.#drawn.length && lines.every((line, at) => line === this.#drawn[at])) return;
    this.#write(lines.map(colourMark));
    this.#drawn = lines;
  }

  /**
   * Writes over what was drawn, line by line. Erasing it first would flicker, and a terminal that keeps what is erased
   * from its top on (tmux does) would keep every frame.
   */
  #write(lines: readonly string[]): void {
    this.#output.write(`${this.#wayBack()}${lines.join(`${ERASE_REST}\n`)}${ERASE_REST}${ERASE_BELOW}`);
  }

  /** To where the drawing began, as the terminal has wrapped it by now. */
  #wayBack(): string {
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(displayWidth(line) / this.#columns)),
      0,
    );
    return `\r${rows > 1 ? `\u001b[${rows - 1}A` : ''}`;
  }

  get #columns(): number {
    return this.#output.columns ?? DEFAULT_COLUMNS;
  }

  /** One row stays free for the line that was there before. */
  get #rows(): number {
    return (this.#output.rows ?? DEFAULT_ROWS) - 1;
  }
}

const SECOND_MS = 1_000;

/** As `longOffset` has it; that of UTC is `GMT` alone. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?/;

/** The clocks of a time zone are put forward or back. */
interface ClockShift {
  /** The first ms of the new offset. */
  atMs: number;
  /** What was added to UTC before, in ms. */
  offsetBeforeMs: number;
  /** How far the clocks were put forward; negative when they were put back. */
  byMs: number;
}

/** What the clocks of a time zone are ahead of UTC, and when that changes. */
export class ZoneOffsets {
  readonly #format: Intl.DateTimeFormat;

  /** @throws {RangeError} when there is no such zone. */
  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  }

  /** In ms. */
  at(timeMs: number): number {
    const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(this.#format.format(timeMs)) ?? [];
    if (sign === undefined) return 0;
    const offsetMs = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND_MS;
    return sign === '-' ? -offsetMs : offsetMs;
  }

  /** One that leads away from the offset of `fromMs`; undefined when that holds at `toMs`, again or still. */
  shiftBetween(fromMs: number, toMs: number): ClockShift | undefined {
    const offsetBeforeMs = this.at(fromMs);
    if (this.at(toMs) === offsetBeforeMs) return undefined;
    let before = fromMs;
    let after = toMs;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.at(middle) === offsetBeforeMs) before = middle;
      else after = middle;
    }
    return { atMs: after, offsetBeforeMs, byMs: this.at(after) - offsetBeforeMs };
  }
}

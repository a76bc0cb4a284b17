import { newId } from '#core';
import { toCloudEvent, type EventMeta, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { matchesFilter, type EventFilter } from './event-filter.js';
import { RecentEvents } from './recent-events.js';
import { eventFrame, gapFrame, positionFrame } from './sse-frames.js';

interface RecordedEvent {
  type: OrchestraEventType;
  data: OrchestraEventMap[OrchestraEventType];
  meta: EventMeta;
  /** Made for the first reader and shared by all. */
  frame: string | undefined;
}

/** Where a reader stands. */
export interface FeedReader {
  filter: EventFilter;
  /** The number of the last event that was looked at for it. */
  told: number;
  /** The number of the last position that it was sent. */
  known: number;
}

export interface EventRecordingOptions {
  source: string;
  maxRecentEvents: number;
}

/** About as much text as goes to a reader at once. */
const BATCH_LENGTH = 65_536;

/** A reader whose filter fits nothing is told its position so often while the recent events are replaced once. */
const POSITIONS_PER_ROUND = 10;

/** `<recording>.<number>`. */
const POSITION = /^([0-9a-f-]{36})\.(0|[1-9]\d{0,15})$/;

/** The recent events of all kinds as frames; its id tells a position in it from those in others, here and elsewhere. */
export class EventRecording {
  readonly #id: string;
  readonly #options: EventRecordingOptions;
  readonly #recent: RecentEvents<RecordedEvent>;

  constructor(options: EventRecordingOptions, nowMs: number) {
    this.#id = newId(nowMs);
    this.#options = options;
    this.#recent = new RecentEvents(options.maxRecentEvents);
  }

  /** The number of the latest event. */
  get last(): number {
    return this.#recent.last;
  }

  push(type: OrchestraEventType, data: OrchestraEventMap[OrchestraEventType], meta: EventMeta): void {
    this.#recent.push({ type, data, meta, frame: undefined });
  }

  positionOf(number: number): string {
    return `${this.#id}.${number}`;
  }

  /** The number of the event at a position: undefined for one of another recording, NaN for one that none gave out. */
  placeOf(position: string): number | undefined {
    const [, id, digits] = POSITION.exec(position) ?? [];
    if (id !== undefined && id !== this.#id) return undefined;
    const number = Number(digits);
    return number <= this.last ? number : NaN;
  }

  /** What comes next for a reader; empty when nothing that is there fits its filter. */
  next(reader: FeedReader): string {
    const { last, oldest } = this.#recent;
    const missed = oldest - 1 - reader.told;
    let text = '';
    if (missed > 0) {
      reader.told += missed;
      reader.known = reader.told;
      text = gapFrame(missed, this.positionOf(reader.told));
    }
    while (reader.told < last && text.length < BATCH_LENGTH) {
      const event = this.#recent.at(++reader.told);
      if (event === undefined || !matchesFilter(reader.filter, event.type, event.data)) continue;
      reader.known = reader.told;
      event.frame ??= this.#frameOf(event, reader.told);
      text += event.frame;
    }
    // Who hears of one event in thousands would otherwise come back with a position that is long gone.
    if (reader.told - reader.known >= this.#options.maxRecentEvents / POSITIONS_PER_ROUND) {
      reader.known = reader.told;
      text += positionFrame(this.positionOf(reader.told));
    }
    return text;
  }

  #frameOf({ type, data, meta }: RecordedEvent, number: number): string {
    return eventFrame(this.positionOf(number), toCloudEvent(type, data, meta, this.#options.source));
  }
}

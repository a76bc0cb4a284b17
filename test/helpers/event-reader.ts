import { createParser } from 'eventsource-parser';
import { Agent, get, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { CloudEvent } from '#events';
import { eventually } from './eventually.js';

export interface ReadEvent {
  id: string | undefined;
  type: string | undefined;
  data: CloudEvent & { missed?: number | null };
}

export interface EventReaderOptions {
  headers?: Record<string, string>;
}

/** One client of a stream of events, over a connection of its own. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  readonly retries: number[] = [];
  heartbeats = 0;
  text = '';
  /** Resolves when the stream is over, however it ended. */
  readonly closed: Promise<void>;
  readonly #answer: IncomingMessage;
  readonly #parser = createParser({
    onEvent: ({ id, event, data }) =>
      this.events.push({ id, type: event, data: JSON.parse(data) as ReadEvent['data'] }),
    onRetry: (ms) => this.retries.push(ms),
    onComment: () => this.heartbeats++,
  });

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    answer.setEncoding('utf8');
    answer.on('data', (text: string) => {
      this.text += text;
      this.#parser.feed(text);
    });
    // A cut is one of the ends that are waited for.
    answer.on('error', () => {});
    this.closed = new Promise((resolve) => answer.once('close', resolve));
  }

  static open(url: string, { headers = {} }: EventReaderOptions = {}): Promise<EventReader> {
    return new Promise((resolve, reject) => {
      const agent = new Agent({ keepAlive: false });
      get(url, { agent, headers: { accept: 'text/event-stream', ...headers } }, (answer) =>
        resolve(new EventReader(answer)),
      ).on('error', reject);
    });
  }

  get status(): number {
    return this.#answer.statusCode ?? 0;
  }

  get headers(): IncomingHttpHeaders {
    return this.#answer.headers;
  }

  /** Whether the stream ended in order: a cut connection leaves it half. */
  get isWhole(): boolean {
    return this.#answer.complete;
  }

  get types(): (string | undefined)[] {
    return this.events.map(({ type }) => type);
  }

  /** The latest `id` field, as an `EventSource` keeps it. */
  get lastEventId(): string | undefined {
    return [...this.text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1];
  }

  /** Resolves when that many events are here. */
  async count(events: number): Promise<void> {
    await eventually(() => this.events.length >= events, { what: `${events} events` });
  }

  pause(): void {
    this.#answer.pause();
  }

  resume(): void {
    this.#answer.resume();
  }

  /** Goes without a word. */
  vanish(): void {
    this.#answer.destroy();
  }
}

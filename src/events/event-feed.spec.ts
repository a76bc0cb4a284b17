import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '#core';
import { OrchestraEvents, type CloudEvent, type OrchestraEventType } from '#events';
import { EventFeed } from './event-feed.js';
import type { EventFilter } from './event-filter.js';
import { eventStreamOptionsSchema } from './event-stream.options.js';

/** How long the feed goes on recording without a reader. */
const IDLE_MS = 60_000;

interface Frame {
  id: string | undefined;
  type: string | undefined;
  data: ReturnType<typeof JSON.parse>;
}

/** One reader of the feed. */
class Reader {
  readonly frames: Frame[] = [];
  /** As an `EventSource` keeps it. */
  lastEventId: string | undefined;
  readonly #leaving = new AbortController();
  readonly #frames: AsyncGenerator<string>;
  readonly #parser = createParser({
    onEvent: ({ id, event, data }: EventSourceMessage) =>
      this.frames.push({ id, type: event, data: JSON.parse(data) }),
  });

  constructor(feed: EventFeed, options: { after?: string; filter?: EventFilter } = {}) {
    this.#frames = feed.follow({ filter: {}, ...options, signal: this.#leaving.signal });
  }

  /** The next text, as it would be written. */
  async read(): Promise<string | undefined> {
    const { value, done } = await this.#frames.next();
    if (done === true) return undefined;
    const text = value;
    this.lastEventId = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? this.lastEventId;
    this.#parser.feed(text);
    return text;
  }

  /** Reads until the feed ends. */
  async readAll(): Promise<void> {
    while ((await this.read()) !== undefined);
  }

  leave(): void {
    this.#leaving.abort();
  }

  /** The agents whose end it was told of. */
  get agents(): string[] {
    return this.frames.filter(({ type }) => type === 'agent.stopped').map(({ data }) => data.data.agentId);
  }

  get gaps(): (number | null)[] {
    return this.frames.filter(({ type }) => type === 'gap').map(({ data }) => data.missed);
  }
}

describe('EventFeed', () => {
  let clock: ManualClock;
  let events: OrchestraEvents;
  let feed: EventFeed;

  const make = (maxRecentEvents = 100): void => {
    clock = new ManualClock();
    events = new OrchestraEvents(clock);
    feed = new EventFeed(events, clock, eventStreamOptionsSchema.parse({ maxRecentEvents, source: '/here' }));
  };
  const stop = (agentId: string | number): void =>
    events.publish('agent.stopped', { agentId: String(agentId), capability: 'files', tasks: 1 });

  /** A reader that is there: what is published from now on is for it. */
  const join = async (options: ConstructorParameters<typeof Reader>[1] = {}): Promise<Reader> => {
    const reader = new Reader(feed, options);
    await reader.read();
    return reader;
  };

  beforeEach(() => make());

  it('tells what is published, as a CloudEvent with the identity it was published with', async () => {
    const reader = await join();
    const meta = { id: 'e.1.1', time: clock.timestamp(), run: 2 };
    const data = { executionId: 'e', workflowId: 'w', durationMs: 5 };
    events.publish('execution.completed', data, meta);
    await reader.read();
    expect(reader.frames).toEqual([
      {
        id: reader.lastEventId,
        type: 'execution.completed',
        data: {
          specversion: '1.0',
          ...meta,
          source: '/here',
          type: 'execution.completed',
          subject: 'e',
          datacontenttype: 'application/json',
          data,
        } satisfies CloudEvent,
      },
    ]);
  });

  it('wakes those who wait, and gives all of them the same frames', async () => {
    const readers = await Promise.all([join(), join(), join()]);
    const waiting = readers.map((reader) => reader.read());
    for (const agent of ['a', 'b', 'c']) stop(agent);
    const texts = await Promise.all(waiting);
    expect(new Set(texts).size).toBe(1);
    for (const { agents } of readers) expect(agents).toEqual(['a', 'b', 'c']);
  });

  it.each<[string, EventFilter, OrchestraEventType[]]>([
    ['types', { type: new Set(['step.started', 'agent.stopped']) }, ['agent.stopped', 'step.started']],
    ['an execution', { executionId: 'e1' }, ['execution.queued', 'step.started']],
    ['a workflow', { workflowId: 'w2' }, ['execution.queued']],
    ['all of it at once', { workflowId: 'w1', type: new Set(['step.started']) }, ['step.started']],
    ['nothing at all', { executionId: 'e1', workflowId: 'w2' }, []],
  ])('tells only what fits a filter of %s', async (_what, filter, types) => {
    const reader = await join({ filter });
    stop('a');
    events.publish('execution.queued', { executionId: 'e1', workflowId: 'w1', priority: 5, retry: false });
    events.publish('execution.queued', { executionId: 'e2', workflowId: 'w2', priority: 5, retry: false });
    const step = { executionId: 'e1', workflowId: 'w1', stepId: 's', capability: 'c' };
    events.publish('step.started', { ...step, attempt: 1, agentId: 'a' });
    feed.close();
    await reader.readAll();
    expect(reader.frames.map(({ type }) => type)).toEqual(types);
  });

  it('goes on exactly where a reader was, wherever it was cut off', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 1, maxLength: 12 }),
        async (bursts) => {
          make();
          let published = 0;
          let last: string | undefined;
          const told: string[] = [];
          for (const burst of bursts) {
            const reader = await join({ after: last });
            for (let i = 0; i < burst; i++) stop(published++);
            if (burst > 0 && reader.agents.length === 0) await reader.read();
            // What is published from here on is missed while nobody is there, and made up for by the next.
            reader.leave();
            told.push(...reader.agents);
            last = reader.lastEventId;
            stop(published++);
          }
          const reader = await join({ after: last });
          feed.close();
          await reader.readAll();
          expect([...told, ...reader.agents]).toEqual(
            Array.from({ length: published }, (_, at) => String(at)),
          );
          expect(reader.gaps).toEqual([]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is known to a reader from before the first event, so that it misses none', async () => {
    const reader = await join();
    reader.leave();
    await reader.readAll();
    stop('meanwhile');
    const again = await join({ after: reader.lastEventId });
    await again.read();
    expect(again.agents).toEqual(['meanwhile']);
  });

  it('tells a reader that is too slow how many events went by, and goes on with what is kept', async () => {
    make(10);
    const reader = await join();
    for (let n = 1; n <= 35; n++) stop(n);
    await reader.read();
    expect(reader.gaps).toEqual([25]);
    expect(reader.agents).toEqual(Array.from({ length: 10 }, (_, at) => String(26 + at)));
    expect(reader.frames[0]?.type).toBe('gap');
  });

  it('tells one that comes back too late the same, and one that comes back with the gap nothing twice', async () => {
    make(10);
    const reader = await join();
    stop(0);
    await reader.read();
    reader.leave();
    for (let n = 1; n <= 12; n++) stop(n);
    const late = await join({ after: reader.lastEventId });
    await late.read();
    expect(late.gaps).toEqual([2]);
    const gap = late.frames.find(({ type }) => type === 'gap');
    const again = await join({ after: gap?.id });
    await again.read();
    expect(again.gaps).toEqual([]);
    expect(again.agents).toEqual(late.agents);
  });

  it('begins with a gap of unknown size for a position of another process', async () => {
    const reader = await join();
    stop('a');
    await reader.read();
    make();
    const elsewhere = await join({ after: reader.lastEventId });
    expect(elsewhere.gaps).toEqual([null]);
    stop('b');
    await elsewhere.read();
    expect(elsewhere.agents).toEqual(['b']);
  });

  it('refuses a position that none gave out', async () => {
    const reader = await join();
    const [recording] = (reader.lastEventId ?? '').split('.');
    for (const after of [
      'x',
      '12',
      `${recording}.1`,
      `${recording}.-1`,
      `${recording}.`,
      `${recording}.0x1`,
    ]) {
      expect(() => feed.follow({ after, filter: {}, signal: new AbortController().signal })).toThrow(
        expect.objectContaining({ code: 'INVALID_CURSOR' }),
      );
    }
  });

  it('keeps the position of a reader whose filter fits nothing fresh enough to come back with', async () => {
    make(100);
    const filter = { executionId: 'never' };
    const steady = await join({ filter });
    const reading = steady.readAll();
    for (let n = 0; n < 25; n++) {
      for (let burst = 0; burst < 10; burst++) stop(n);
      await setImmediate();
    }
    steady.leave();
    await reading;
    const back = await join({ after: steady.lastEventId, filter });
    feed.close();
    await back.readAll();
    expect(back.gaps).toEqual([]);
  });

  describe('without readers', () => {
    it('listens to nothing at first', () => {
      expect(events.listenerCount).toBe(0);
    });

    it('goes on for a minute, and then no more', async () => {
      const reader = await join();
      expect(events.listenerCount).toBe(1);
      reader.leave();
      await reader.readAll();
      await clock.advance(IDLE_MS - 1);
      expect(events.listenerCount).toBe(1);
      await clock.advance(1);
      expect([events.listenerCount, clock.timerCount]).toEqual([0, 0]);
      // What it had is gone, and that is told.
      expect((await join({ after: reader.lastEventId })).gaps).toEqual([null]);
    });

    it('goes on as long as one of several is there', async () => {
      const [one, other] = [await join(), await join()];
      one.leave();
      await one.readAll();
      await clock.advance(2 * IDLE_MS);
      stop('a');
      await other.read();
      expect(other.agents).toEqual(['a']);
    });
  });

  it('ends every reader when it closes, with what there is, and leaves nothing', async () => {
    const readers = await Promise.all([join(), join()]);
    const idle = readers[1].readAll();
    await setImmediate();
    stop('a');
    feed.close();
    await readers[0].readAll();
    await idle;
    for (const { agents } of readers) expect(agents).toEqual(['a']);
    expect([events.listenerCount, clock.timerCount]).toEqual([0, 0]);
  });
});

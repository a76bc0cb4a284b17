import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { AgentPoolModule } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { Clock, ManualClock, untilAborted } from '#core';
import { DispatchModule, WorkflowDispatcher } from '#dispatch';
import { OrchestraEvents } from '#events';
import { HttpDrain, createFastifyAdapter } from '#http';
import { MetricsModule } from '#metrics';
import { QueueModule } from '#queue';
import { StateModule } from '#state';
import { EventReader, type EventReaderOptions } from '../../test/helpers/event-reader.js';
import { eventually } from '../../test/helpers/eventually.js';
import { ProblemsModule } from '../problems/problems.module.js';
import { eventStreamOptionsSchema } from './event-stream.options.js';
import { EventStreams } from './event-streams.js';
import { EventStreamsModule } from './event-streams.module.js';

/** What readers are left at a shutdown. */
const CLOSE_GRACE_MS = 1_000;

/** What a socket of ours holds back at most for a reader that takes nothing: the buffer of the answer and one batch. */
const MAX_HELD_BYTES = 200_000;

describe('streams of events', () => {
  let app: NestFastifyApplication;
  let clock: ManualClock;
  let streams: EventStreams;
  let events: OrchestraEvents;
  let dispatcher: WorkflowDispatcher;
  let url: string;
  let open: () => void;
  let tasks: number;
  let closed: boolean;
  const sockets = new Set<Socket>();
  const readers: EventReader[] = [];

  async function start(options: Partial<ReturnType<typeof eventStreamOptionsSchema.parse>> = {}) {
    clock = new ManualClock();
    closed = false;
    const gate = new Promise<void>((resolve) => (open = resolve));
    tasks = 0;
    const gated = new FunctionAgentFactory((_task, { signal }) => {
      tasks++;
      return untilAborted(gate, signal);
    });
    const module = await Test.createTestingModule({
      imports: [
        ProblemsModule,
        QueueModule.forRoot({ driver: 'memory' }),
        StateModule.forRoot({ driver: 'memory' }),
        AgentPoolModule.forRoot({ pools: [{ capability: 'gated', factory: gated }] }),
        DispatchModule.forRoot({}),
        MetricsModule.forRoot(),
        EventStreamsModule.forRoot(eventStreamOptionsSchema.parse(options)),
      ],
    })
      .overrideProvider(Clock)
      .useValue(clock)
      .compile();
    app = module.createNestApplication<NestFastifyApplication>(await createFastifyAdapter(), {
      logger: false,
    });
    new HttpDrain(app.getHttpAdapter().getInstance());
    app.getHttpServer().on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
    await app.listen(0, '127.0.0.1');
    url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`;
    streams = app.get(EventStreams);
    events = app.get(OrchestraEvents, { strict: false });
    dispatcher = app.get(WorkflowDispatcher, { strict: false });
  }

  beforeEach(() => start());

  afterEach(async () => {
    open();
    // A test that failed has left some, and by a clock that stands still they would be waited for.
    for (const reader of readers.splice(0)) reader.vanish();
    if (!closed) await app.close();
    expect([streams.size, sockets.size]).toEqual([0, 0]);
  });

  const close = (): Promise<void> => {
    closed = true;
    return app.close();
  };

  async function read(path: string, options?: EventReaderOptions): Promise<EventReader> {
    const reader = await EventReader.open(`${url}${path}`, options);
    readers.push(reader);
    return reader;
  }

  /** An execution whose only step waits for `open()`. */
  async function begin(): Promise<string> {
    const workflow = { id: 'w', steps: [{ id: 'only', capability: 'gated' }] };
    const { executionId } = await dispatcher.submit(workflow);
    return executionId;
  }

  const pathOf = (executionId: string): string => `/v1/executions/${executionId}/events`;

  const publish = (agentId: string, message = 'm'): void =>
    events.publish('agent.failed', {
      agentId,
      capability: 'c',
      reason: 'create',
      error: { code: 'X', message, retryable: true },
      retryInMs: 1,
    });

  const restart = async (options: Parameters<typeof start>[0]): Promise<void> => {
    open();
    await app.close();
    await start(options);
  };

  describe('heartbeats', () => {
    it('come to every stream by one timer, and by none when nobody is there', async () => {
      const timers = clock.timerCount;
      const execution = await begin();
      await eventually(() => tasks === 1);
      const busy = clock.timerCount;
      const readers = await Promise.all([read(pathOf(execution)), read('/v1/events'), read('/v1/events')]);
      await eventually(() => streams.size === 3);
      expect(clock.timerCount).toBe(busy + 1);
      for (const beats of [1, 2, 3]) {
        await clock.advance(14_999);
        expect(readers.map(({ heartbeats }) => heartbeats)).toEqual([beats - 1, beats - 1, beats - 1]);
        await clock.advance(1);
        await eventually(() => readers.every(({ heartbeats }) => heartbeats === beats));
      }
      for (const reader of readers) reader.vanish();
      await eventually(() => streams.size === 0);
      open();
      await eventually(async () => (await dispatcher.get(execution)).status === 'completed');
      // What is left is the feed's own, which waits for its readers to come back.
      expect(clock.timerCount).toBe(timers + 1);
      await clock.advance(60_000);
      expect(clock.timerCount).toBe(timers);
    });
  });

  describe('readers that vanish', () => {
    it('leave nothing behind, 500 of them', async () => {
      const execution = await begin();
      await eventually(() => dispatcher.status().then(({ running }) => running === 1));
      const before = { listeners: events.listenerCount, timers: clock.timerCount };
      const readers = await Promise.all(
        Array.from({ length: 500 }, (_, at) => read(at % 2 === 0 ? pathOf(execution) : '/v1/events')),
      );
      await eventually(() => streams.size === 500);
      for (const reader of readers) reader.vanish();
      await eventually(() => streams.size === 0 && sockets.size === 0);
      await clock.advance(60_000);
      expect({ listeners: events.listenerCount, timers: clock.timerCount }).toEqual(before);
    });
  });

  describe('a reader that takes nothing', () => {
    const MESSAGE = 'x'.repeat(20_000);
    const PUBLISHED = 2_000;

    /** Far more than sockets hold, while the reader looks away. */
    async function flood(): Promise<void> {
      for (let n = 0; n < PUBLISHED; n++) {
        publish(String(n), MESSAGE);
        if (n % 20 === 0) await setImmediate();
      }
    }

    beforeEach(() => restart({ maxRecentEvents: 50 }));

    it('takes bounded memory, and is cut off when its time is over', async () => {
      const [slow, quick] = [await read('/v1/events'), await read('/v1/events')];
      slow.pause();
      await flood();
      await quick.count(PUBLISHED);
      await eventually(() => [...sockets].some((socket) => socket.writableNeedDrain));
      for (const socket of sockets) expect(socket.writableLength).toBeLessThan(MAX_HELD_BYTES);
      await clock.advance(29_999);
      expect(streams.size).toBe(2);
      await clock.advance(1);
      await eventually(() => streams.size === 1);
      slow.resume();
      await slow.closed;
      expect(slow.isWhole).toBe(false);
      expect(quick.events).toHaveLength(PUBLISHED);
      quick.vanish();
      await eventually(() => streams.size === 0);
    });

    it('learns how many events went by when it takes again, and loses no other', async () => {
      const slow = await read('/v1/events');
      slow.pause();
      await flood();
      await eventually(() => [...sockets].some((socket) => socket.writableNeedDrain));
      slow.resume();
      const missed = (): number => slow.events.reduce((sum, { data }) => sum + (data.missed ?? 0), 0);
      const told = (): number => slow.types.filter((type) => type === 'agent.failed').length;
      await eventually(() => missed() + told() === PUBLISHED);
      expect(missed()).toBeGreaterThan(0);
      publish('last');
      await eventually(() => slow.events.at(-1)?.data.subject === 'last');
      slow.vanish();
      await eventually(() => streams.size === 0);
    });
  });

  describe('their number', () => {
    it('is bounded: the next is told when to come again, and comes in when one has left', async () => {
      await restart({ maxStreams: 2 });
      const readers = [await read('/v1/events'), await read(pathOf(await begin()))];
      const refused = await app.inject({ method: 'GET', url: '/v1/events' });
      expect(refused.statusCode).toBe(503);
      expect(refused.json()).toMatchObject({ code: 'TOO_MANY_STREAMS', retryAfterMs: 1_000 });
      expect(refused.headers['retry-after']).toBe('1');
      readers[0]?.vanish();
      await eventually(() => streams.size === 1);
      const next = await read('/v1/events');
      expect(next.status).toBe(200);
      for (const reader of [readers[1], next]) reader?.vanish();
      await eventually(() => streams.size === 0);
    });

    it('counts no request that was refused or asked for the head alone', async () => {
      await restart({ maxStreams: 1 });
      for (let i = 0; i < 3; i++) {
        expect((await app.inject({ method: 'GET', url: pathOf('nobody') })).statusCode).toBe(404);
        const head = await app.inject({ method: 'HEAD', url: '/v1/events' });
        expect(head).toMatchObject({ statusCode: 200, body: '' });
        expect(head.headers['content-type']).toBe('text/event-stream');
      }
      expect(streams.size).toBe(0);
    });

    it('is a metric', async () => {
      const reader = await read('/v1/events');
      await eventually(() => streams.size === 1);
      const metrics = await app.inject({ method: 'GET', url: '/metrics' });
      expect(metrics.body).toContain('orchestra_event_streams 1\n');
      reader.vanish();
      await eventually(() => streams.size === 0);
    });
  });

  describe('at a shutdown', () => {
    it('those who watch an execution see how it ended, and the others when to come again', async () => {
      const execution = await begin();
      const [watching, following] = [await read(pathOf(execution)), await read('/v1/events')];
      await watching.count(3);
      const closing = close();
      open();
      await Promise.all([watching.closed, following.closed, closing]);
      expect(watching.types.at(-1)).toBe('execution.completed');
      expect(following.types).toContain('execution.completed');
      expect([watching.isWhole, following.isWhole]).toEqual([true, true]);
      expect([watching.retries, following.retries]).toEqual([[1_000], [1_000, 5_000]]);
    });

    it('who watches one that does not end in time is told when to ask again', async () => {
      const execution = await begin();
      const watching = await read(pathOf(execution));
      await watching.count(3);
      const closing = close();
      await clock.advance(30_000);
      await Promise.all([watching.closed, closing]);
      expect(watching.types.at(-1)).toBe('step.started');
      expect(watching.isWhole).toBe(true);
      expect(watching.retries).toEqual([1_000, 5_000]);
    });

    it('a reader that takes nothing holds up nobody for more than its second', async () => {
      const stuck = await read('/v1/events');
      stuck.pause();
      await eventually(() => streams.size === 1);
      for (let n = 0; n < 2_000; n++) {
        publish('a', 'x'.repeat(20_000));
        if (n % 20 === 0) await setImmediate();
      }
      await eventually(() => [...sockets].some((socket) => socket.writableNeedDrain));
      const closing = close();
      await clock.advance(CLOSE_GRACE_MS - 1);
      expect(streams.size).toBe(1);
      await clock.advance(1);
      await closing;
      expect([streams.size, clock.timerCount]).toEqual([0, 0]);
      stuck.vanish();
    });
  });
});

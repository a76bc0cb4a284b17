import { Logger } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { ManualClock } from '#core';
import type { EventMeta, OrchestraEventMap, OrchestraEventType } from './event-map.js';
import { MAX_ECHOED_EVENTS, MAX_EVENT_LISTENERS, OrchestraEvents } from './orchestra-events.js';

const stopped = (agentId: string): OrchestraEventMap['agent.stopped'] => ({
  agentId,
  capability: 'files',
  tasks: 1,
});

const started = (agentId: string): OrchestraEventMap['agent.started'] => ({
  agentId,
  capability: 'files',
  durationMs: 1,
});

describe('OrchestraEvents', () => {
  let events: OrchestraEvents;
  let logError: jest.SpyInstance;

  beforeEach(() => {
    events = new OrchestraEvents();
    logError = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
  });
  afterEach(() => jest.restoreAllMocks());

  describe('delivers', () => {
    it('each event to the listeners of its type, at once, with its data', () => {
      const listener = jest.fn();
      const other = jest.fn();
      events.on('agent.stopped', listener);
      events.on('agent.started', other);
      const data = stopped('a');
      events.publish('agent.stopped', data);
      expect(listener.mock.calls).toEqual([[data, 'agent.stopped', expect.anything()]]);
      expect(listener.mock.calls[0]?.[0]).toBe(data);
      expect(other).not.toHaveBeenCalled();
    });

    it('data of the right type to each listener, as the compiler checks', () => {
      const seen: (string | number)[] = [];
      events.on('agent.stopped', ({ tasks }) => seen.push(tasks));
      events.on('agent.started', ({ durationMs }, type: 'agent.started') => seen.push(durationMs, type));
      // @ts-expect-error no such event
      events.on('agent.exploded', () => undefined);
      // @ts-expect-error `tasks` is missing
      events.publish('agent.stopped', { agentId: 'a', capability: 'files' });
      events.publish('agent.started', started('a'));
      expect(seen).toEqual([undefined, 1, 'agent.started']);
    });

    it('every event to those who listen to any', () => {
      const seen: [OrchestraEventType, string][] = [];
      events.onAny((data, type) => seen.push([type, 'agentId' in data ? String(data.agentId) : '']));
      events.publish('agent.started', started('a'));
      events.publish('agent.stopped', stopped('b'));
      expect(seen).toEqual([
        ['agent.started', 'a'],
        ['agent.stopped', 'b'],
      ]);
    });

    it('in the order of subscription: the type’s listeners, then any’s', () => {
      const told: string[] = [];
      events.onAny(() => told.push('any 1'));
      events.on('agent.stopped', () => told.push('type 1'));
      events.onAny(() => told.push('any 2'));
      events.on('agent.stopped', () => told.push('type 2'));
      events.publish('agent.stopped', stopped('a'));
      expect(told).toEqual(['type 1', 'type 2', 'any 1', 'any 2']);
    });

    it('events in the order of their publication', () => {
      const seen: string[] = [];
      events.on('agent.stopped', ({ agentId }) => seen.push(agentId));
      const ids = Array.from({ length: 1_000 }, (_, i) => `agent ${i}`);
      for (const id of ids) events.publish('agent.stopped', stopped(id));
      expect(seen).toEqual(ids);
    });

    it('one event to a listener as often as it subscribed', () => {
      const listener = jest.fn();
      const off = events.on('agent.stopped', listener);
      events.on('agent.stopped', listener);
      events.publish('agent.stopped', stopped('a'));
      expect(listener).toHaveBeenCalledTimes(2);
      off();
      events.publish('agent.stopped', stopped('a'));
      expect(listener).toHaveBeenCalledTimes(3);
    });

    it('to nobody without complaint', () => {
      expect(() => events.publish('agent.stopped', stopped('a'))).not.toThrow();
    });
  });

  describe('the meta of an event', () => {
    it('is what the publisher gave, as it is, for every listener', () => {
      const [one, any] = [jest.fn(), jest.fn()];
      events.on('agent.stopped', one);
      events.onAny(any);
      const meta = { id: 'e.1.1', time: '2026-01-01T00:00:00.000Z', run: 2 };
      events.publish('agent.stopped', stopped('a'), meta);
      expect(one.mock.calls[0]?.[2]).toBe(meta);
      expect(any.mock.calls[0]?.[2]).toBe(meta);
    });

    it('is made where none was given: an id of its own, and the time of the clock', () => {
      const clock = new ManualClock();
      const streams = [new OrchestraEvents(clock), new OrchestraEvents(clock)];
      const metas: EventMeta[] = [];
      for (const stream of streams) stream.onAny((_data, _type, meta) => metas.push(meta));
      for (let i = 0; i < 1_000; i++)
        for (const stream of streams) stream.publish('agent.stopped', stopped('a'));
      expect(new Set(metas.map(({ id }) => id)).size).toBe(2_000);
      expect(new Set(metas.map(({ time }) => time))).toEqual(new Set([clock.timestamp()]));
    });

    it('is one for all listeners of an event', () => {
      const seen: EventMeta[] = [];
      events.on('agent.stopped', (_data, _type, meta) => seen.push(meta));
      events.onAny((_data, _type, meta) => seen.push(meta));
      events.publish('agent.stopped', stopped('a'));
      expect(seen).toHaveLength(2);
      expect(seen[0]).toBe(seen[1]);
    });

    it('is not made for nobody', () => {
      const clock = new ManualClock();
      const timestamp = jest.spyOn(clock, 'timestamp');
      const stream = new OrchestraEvents(clock);
      stream.on('agent.started', () => undefined);
      stream.publish('agent.stopped', stopped('a'));
      expect(timestamp).not.toHaveBeenCalled();
      stream.publish('agent.started', started('a'));
      expect(timestamp).toHaveBeenCalledTimes(1);
    });

    it('goes with an event that a listener publishes', () => {
      const meta = { id: 'mine', time: '2026-01-01T00:00:00.000Z' };
      const listener = jest.fn();
      events.on('agent.started', () => events.publish('agent.stopped', stopped('a'), meta));
      events.on('agent.stopped', listener);
      events.publish('agent.started', started('a'));
      expect(listener.mock.calls[0]?.[2]).toBe(meta);
    });
  });

  describe('what a listener publishes', () => {
    it('reaches all after the event under way, so that all see one order', () => {
      const seen: string[][] = [[], [], []];
      const note = (at: number) => (_data: unknown, type: string) => seen[at]?.push(type);
      events.onAny(note(0));
      events.on('agent.started', () => {
        events.publish('agent.failed', {
          agentId: 'a',
          capability: 'files',
          reason: 'create',
          error: { code: 'X', message: 'x', retryable: true },
          retryInMs: 1,
        });
        events.publish('agent.stopped', stopped('a'));
      });
      events.on('agent.failed', () =>
        events.publish('agent.recovered', { agentId: 'a', capability: 'files', attempts: 1 }),
      );
      events.onAny(note(1));
      for (const type of ['agent.started', 'agent.failed', 'agent.stopped', 'agent.recovered'] as const) {
        events.on(type, note(2));
      }
      events.publish('agent.started', started('a'));
      const order = ['agent.started', 'agent.failed', 'agent.stopped', 'agent.recovered'];
      expect(seen).toEqual([order, order, order]);
    });

    it('is delivered before the first publisher goes on', () => {
      const listener = jest.fn();
      events.on('agent.started', () => events.publish('agent.stopped', stopped('a')));
      events.on('agent.stopped', listener);
      for (const times of [1, 2, 3]) {
        events.publish('agent.started', started('a'));
        expect(listener).toHaveBeenCalledTimes(times);
      }
    });

    it('is bounded: an endless echo ends, is logged, and leaves the stream in order', () => {
      let told = 0;
      const off = events.on('agent.started', (data) => {
        told++;
        events.publish('agent.started', data);
      });
      events.publish('agent.started', started('a'));
      expect(told).toBe(MAX_ECHOED_EVENTS + 1);
      expect(logError).toHaveBeenCalledTimes(1);
      expect(logError).toHaveBeenCalledWith(expect.any(String), expect.any(RangeError));

      off();
      const listener = jest.fn();
      events.on('agent.stopped', listener);
      events.publish('agent.stopped', stopped('a'));
      expect(listener).toHaveBeenCalledTimes(1);
    });
  });

  describe('a listener that fails', () => {
    it.each(['on', 'onAny'] as const)('by throwing is logged and disturbs nobody (%s)', (subscribe) => {
      const told: string[] = [];
      const error = new Error('broken');
      const fail = (): void => {
        told.push('failing');
        throw error;
      };
      events.on('agent.stopped', () => told.push('before'));
      if (subscribe === 'on') events.on('agent.stopped', fail);
      else events.onAny(fail);
      events.on('agent.stopped', () => told.push('after'));
      events.onAny(() => told.push('any'));
      for (let i = 0; i < 2; i++) {
        expect(() => events.publish('agent.stopped', stopped('a'))).not.toThrow();
      }
      expect(told.filter((who) => who !== 'failing')).toEqual([
        'before',
        'after',
        'any',
        'before',
        'after',
        'any',
      ]);
      expect(told.filter((who) => who === 'failing')).toHaveLength(2);
      expect(logError.mock.calls).toEqual([1, 2].map(() => ['a listener of agent.stopped threw', error]));
    });

    // Jest fails a test during which a rejection went unhandled.
    it('by rejecting is logged too, for its type does not keep it from being async', async () => {
      const error = new Error('broken');
      const listener: () => unknown = () => Promise.reject(error);
      events.on('agent.stopped', listener);
      events.publish('agent.stopped', stopped('a'));
      await setImmediate();
      expect(logError.mock.calls).toEqual([['a listener of agent.stopped threw', error]]);
    });
  });

  describe('unsubscribing', () => {
    it('ends the delivery to this listener only, and may be done twice', () => {
      const [kept, gone, any] = [jest.fn(), jest.fn(), jest.fn()];
      events.on('agent.stopped', kept);
      const off = events.on('agent.stopped', gone);
      const offAny = events.onAny(any);
      for (const stop of [off, off, offAny, offAny]) stop();
      events.publish('agent.stopped', stopped('a'));
      expect(kept).toHaveBeenCalledTimes(1);
      expect(gone).not.toHaveBeenCalled();
      expect(any).not.toHaveBeenCalled();
      expect(events.listenerCount).toBe(1);
    });

    it('oneself while being told skips nobody else', () => {
      const told: string[] = [];
      const off = events.on('agent.stopped', () => {
        told.push('once');
        off();
      });
      events.on('agent.stopped', () => told.push('second'));
      events.on('agent.stopped', () => told.push('third'));
      events.publish('agent.stopped', stopped('a'));
      events.publish('agent.stopped', stopped('a'));
      expect(told).toEqual(['once', 'second', 'third', 'second', 'third']);
    });

    it('another while being told: he hears no more, not even of this event', () => {
      const [later, any] = [jest.fn(), jest.fn()];
      events.on('agent.stopped', () => {
        offLater();
        offAny();
      });
      const offLater = events.on('agent.stopped', later);
      const offAny = events.onAny(any);
      events.publish('agent.stopped', stopped('a'));
      expect(later).not.toHaveBeenCalled();
      expect(any).not.toHaveBeenCalled();
      expect(events.listenerCount).toBe(1);
    });
  });

  it('tells a listener that subscribes while another is told of later events only', () => {
    const [late, lateAny] = [jest.fn(), jest.fn()];
    const off = events.on('agent.stopped', () => {
      off();
      events.on('agent.stopped', late);
      events.onAny(lateAny);
    });
    events.publish('agent.stopped', stopped('first'));
    expect(late).not.toHaveBeenCalled();
    expect(lateAny).not.toHaveBeenCalled();
    events.publish('agent.stopped', stopped('second'));
    expect(late.mock.calls).toEqual([[stopped('second'), 'agent.stopped', expect.anything()]]);
    expect(lateAny).toHaveBeenCalledTimes(1);
  });

  describe('listeners', () => {
    it('are counted, of a type and of any alike', () => {
      expect(events.listenerCount).toBe(0);
      const offs = [
        events.on('agent.stopped', () => undefined),
        events.on('agent.started', () => undefined),
        events.onAny(() => undefined),
      ];
      expect(events.listenerCount).toBe(3);
      for (const off of offs) off();
      expect(events.listenerCount).toBe(0);
    });

    it('are bounded; there is room again when one has left', () => {
      const offs = Array.from({ length: MAX_EVENT_LISTENERS }, (_, i) =>
        i % 2 === 0 ? events.on('agent.stopped', () => undefined) : events.onAny(() => undefined),
      );
      const one = jest.fn();
      expect(() => events.on('agent.stopped', one)).toThrow(RangeError);
      expect(() => events.onAny(one)).toThrow(RangeError);
      expect(events.listenerCount).toBe(MAX_EVENT_LISTENERS);
      events.publish('agent.stopped', stopped('a'));
      expect(one).not.toHaveBeenCalled();
      offs[0]?.();
      events.on('agent.stopped', one);
      events.publish('agent.stopped', stopped('a'));
      expect(one).toHaveBeenCalledTimes(1);
    });

    it('come and go ten thousand times and leave nothing', () => {
      for (let i = 0; i < 10_000; i++) {
        const offs = [events.on('agent.stopped', () => undefined), events.onAny(() => undefined)];
        for (const off of offs) off();
      }
      expect(events.listenerCount).toBe(0);
    });
  });

  it('of one instance hear nothing of another', () => {
    const listener = jest.fn();
    events.onAny(listener);
    new OrchestraEvents().publish('agent.stopped', stopped('a'));
    expect(listener).not.toHaveBeenCalled();
  });
});

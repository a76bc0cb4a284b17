import { ManualClock } from '#core';
import { OpenConnections } from './open-connections.js';

describe('OpenConnections', () => {
  let clock: ManualClock;
  let cut: string[];
  let connections: OpenConnections<string>;

  beforeEach(() => {
    clock = new ManualClock();
    cut = [];
    connections = new OpenConnections((connection) => {
      cut.push(connection);
      connections.delete(connection);
    });
  });

  it('waits for none where there is none', async () => {
    await connections.allGone(clock);
    expect(clock.timerCount).toBe(0);
  });

  it('waits for the last to go, whoever asks and however often', async () => {
    connections.add('a');
    connections.add('b');
    const ends = Promise.all([connections.allGone(clock), connections.allGone(clock)]);
    connections.delete('a');
    expect([...connections]).toEqual(['b']);
    connections.delete('b');
    await ends;
    expect({ cut, timers: clock.timerCount }).toEqual({ cut: [], timers: 0 });
  });

  it('cuts those that are still there after 1 s', async () => {
    connections.add('slow');
    const gone = connections.allGone(clock);
    await clock.advance(999);
    expect(cut).toEqual([]);
    await clock.advance(1);
    await gone;
    expect(cut).toEqual(['slow']);
  });
});

import { ManualClock } from '#core';
import { OrchestraEvents, type OrchestraEventType } from '#events';
import { parseOptions } from '#core';
import { Members } from './members.js';
import { poolDefinitionSchema } from './pool-definition.js';
import { FakeAgent, FakeFactory } from './testing/fake-factory.js';
import { createGate } from './testing/gate.js';
import { settle } from './testing/make-pool.js';

function makeMembers(factory = new FakeFactory()) {
  const events = new OrchestraEvents();
  const published: OrchestraEventType[] = [];
  events.onAny((_, type) => published.push(type));
  const clock = new ManualClock();
  const definition = parseOptions(poolDefinitionSchema, { capability: 'work', factory }, 'pool');
  const members = new Members({
    definition,
    clock,
    events,
    onReady: () => undefined,
    onChange: () => undefined,
    onLeave: () => undefined,
  });
  return { members, clock, factory, published };
}

describe('Members.remove', () => {
  it('disposes of an idle one, and closes the gap', async () => {
    const { members, factory, published } = makeMembers();
    await members.add(3);
    const [first, second, third] = members.all;
    members.remove(second!);
    await settle();

    expect(members.all).toEqual([first, third]);
    expect(factory.made.map(({ disposals }) => disposals)).toEqual([0, 1, 0]);
    expect(published.filter((type) => type === 'agent.stopped')).toHaveLength(1);
    await members.add(1);
    expect(members.current).toHaveLength(3);
    await members.close();
  });

  it('gives up the create of one that is not there yet', async () => {
    const made = createGate<FakeAgent>();
    const { members, factory, clock, published } = makeMembers(new FakeFactory(() => made.promise));
    void members.add(1);
    const [one] = members.all;
    members.remove(one!);
    expect(factory.signals[0]?.reason).toMatchObject({ kind: 'shutdown' });
    expect(members.all).toEqual([one]);

    const late = new FakeAgent();
    made.open(late);
    await settle();
    expect(late.disposals).toBe(1);
    expect(members.all).toEqual([]);
    expect(one?.state).toBe('stopped');
    expect([published, clock.timerCount]).toEqual([[], 0]);
  });

  it('gives up the next create of one whose last one failed', async () => {
    const { members, factory, clock } = makeMembers(new FakeFactory(() => Promise.reject(new Error('no'))));
    await members.add(1);
    expect(clock.timerCount).toBe(1);
    members.remove(members.all[0]!);
    await settle();

    expect([members.all, clock.timerCount, factory.calls]).toEqual([[], 0, 1]);
  });

  it('does nothing with one that leaves already', async () => {
    const { members, factory } = makeMembers();
    await members.add(2);
    const [one] = members.all;
    members.replace(one!);
    members.remove(one!);
    members.replace(one!);
    await settle();

    expect(members.current).toHaveLength(2);
    expect(factory.calls).toBe(3);
    await members.close();
  });
});

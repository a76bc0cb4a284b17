import { AbortedError } from '#core';
import { SuspectLane } from './suspect-lane.js';
import { turn } from './testing/until.js';
import { rejection } from './testing/workflows.js';

const never = new AbortController().signal;

describe('SuspectLane', () => {
  it('lets one in at a time, in order', async () => {
    const lane = new SuspectLane();
    const seen: string[] = [];
    const enter = async (name: string) => {
      const { leave } = await lane.enter(never);
      seen.push(name);
      return leave;
    };
    const [first, second, third] = [enter('a'), enter('b'), enter('c')];

    (await first)();
    (await second)();
    await third;
    await turn();

    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('lets nobody past one that gave up, as long as another is in', async () => {
    const lane = new SuspectLane();
    const { leave } = await lane.enter(never);
    const control = new AbortController();
    const impatient = rejection(lane.enter(control.signal));
    let entered = false;
    const third = lane.enter(never).then(() => (entered = true));
    control.abort(new AbortedError('shutdown', 'bye'));

    expect(await impatient).toMatchObject({ kind: 'shutdown' });
    await turn();
    expect(entered).toBe(false);
    leave();
    expect(await third).toBe(true);
  });
});

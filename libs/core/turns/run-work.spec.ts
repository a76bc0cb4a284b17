import { runAtOnce, runInTurns, type Work } from './run-work.js';

/** Counts to `to`, 1 ms a number. */
function* count(to: number, seen: number[] = []): Work<number> {
  for (let number = 1; number <= to; number++) {
    const endsAt = performance.now() + 1;
    while (performance.now() < endsAt);
    seen.push(number);
    yield;
  }
  return to;
}

function* fail(): Work<never> {
  yield;
  throw new RangeError('no');
}

describe('work', () => {
  it('has the same result at once and in turns', async () => {
    expect(runAtOnce(count(3))).toBe(3);
    expect(await runInTurns(count(3))).toBe(3);
  });

  it('throws what it throws, at once and in turns', async () => {
    expect(() => runAtOnce(fail())).toThrow(RangeError);
    await expect(runInTurns(fail())).rejects.toThrow(RangeError);
  });

  it('lets others have their turns when it is done in turns', async () => {
    const order: string[] = [];
    const long = runInTurns(count(60)).then(() => order.push('long'));
    setImmediate(() => order.push('immediate'));
    const short = runInTurns(count(1)).then(() => order.push('short'));
    await Promise.all([long, short]);
    expect(order.indexOf('immediate')).toBeLessThan(order.indexOf('long'));
    expect(order.indexOf('short')).toBeLessThan(order.indexOf('long'));
  });

  it('does not begin when its signal has aborted', async () => {
    // A turn that others have used up would be a pause.
    await new Promise((resolve) => setImmediate(resolve));
    const seen: number[] = [];
    await expect(runInTurns(count(1, seen), AbortSignal.abort(new Error('enough')))).rejects.toThrow(
      'enough',
    );
    expect(seen).toEqual([]);
  });

  it('ends with its signal, between two pieces', async () => {
    const seen: number[] = [];
    const controller = new AbortController();
    const work = runInTurns(count(1_000, seen), controller.signal);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(work).rejects.toThrow('enough');
    expect(seen.length).toBeLessThan(1_000);
  });
});

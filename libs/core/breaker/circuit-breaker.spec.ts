import { ManualClock } from '../clock/manual-clock.js';
import { parseOptions } from '../options/parse-options.js';
import { breakerOptionsSchema, type BreakerOptionsInput } from './breaker-options.js';
import { CircuitBreaker, type BreakerOutcome, type BreakerState } from './circuit-breaker.js';

const OPEN_MS = 1_000;

function makeBreaker(input: BreakerOptionsInput = {}, random = () => 0) {
  const clock = new ManualClock();
  const changes: BreakerState[] = [];
  const options = breakerOptionsSchema.parse({
    minimumTasks: 4,
    openMs: OPEN_MS,
    halfOpenProbes: 2,
    ...input,
  });
  const breaker = new CircuitBreaker({ ...options, clock, random, onChange: (state) => changes.push(state) });
  const task = (outcome: BreakerOutcome): void => breaker.record(breaker.pass(), outcome, clock.monotonic());
  const tasks = (...outcomes: BreakerOutcome[]): void => outcomes.forEach(task);
  return { breaker, clock, changes, tasks };
}

/** One that has just opened. */
function makeOpen(input: BreakerOptionsInput = {}, random?: () => number) {
  const made = makeBreaker(input, random);
  made.tasks('failure', 'failure', 'failure', 'failure');
  return made;
}

describe('CircuitBreaker, closed', () => {
  it('opens when the share of failures is reached, and not before there are enough tasks', () => {
    const { breaker, changes, tasks } = makeBreaker();
    tasks('success', 'failure', 'failure');
    expect([breaker.state, breaker.passable, breaker.retryAfterMs]).toEqual(['closed', true, 0]);
    expect(breaker.counts).toEqual({ tasks: 3, failures: 2 });
    tasks('failure');
    expect([breaker.state, breaker.passable, breaker.retryAfterMs]).toEqual(['open', false, OPEN_MS]);
    expect(changes).toEqual(['open']);
  });

  it('stays closed below the share', () => {
    const { breaker, tasks } = makeBreaker({ threshold: 0.5 });
    for (let round = 0; round < 20; round++) tasks('success', 'success', 'failure');
    expect(breaker.state).toBe('closed');
  });

  it('does not open by a success, whatever the share has become', async () => {
    const { breaker, clock, tasks } = makeBreaker({ windowMs: 1_000 });
    tasks('success', 'success', 'success');
    await clock.advance(500);
    tasks('failure', 'failure');
    await clock.advance(600);
    tasks('success', 'success');
    expect([breaker.state, breaker.counts]).toEqual(['closed', { tasks: 4, failures: 2 }]);
    tasks('failure');
    expect(breaker.state).toBe('open');
  });

  it('forgets failures that are older than its window', async () => {
    const { breaker, clock, tasks } = makeBreaker({ windowMs: 1_000 });
    tasks('failure', 'failure', 'failure');
    await clock.advance(1_000);
    tasks('failure', 'failure', 'failure');
    expect(breaker.state).toBe('closed');
  });

  it('does not count what was called off', () => {
    const { breaker, tasks } = makeBreaker();
    tasks('unknown', 'unknown', 'unknown', 'failure', 'failure', 'failure');
    expect([breaker.state, breaker.counts.tasks]).toEqual(['closed', 3]);
  });

  it('tells what opened it to who hears of it, and has forgotten it then', () => {
    const clock = new ManualClock();
    const seen: object[] = [];
    const breaker = new CircuitBreaker({
      ...breakerOptionsSchema.parse({ minimumTasks: 2 }),
      clock,
      onChange: () => seen.push(breaker.counts),
    });
    for (const outcome of ['success', 'failure'] as const) breaker.record(breaker.pass(), outcome, 0);
    expect([seen, breaker.counts]).toEqual([[{ tasks: 2, failures: 1 }], { tasks: 0, failures: 0 }]);
  });
});

describe('CircuitBreaker, open', () => {
  it('lets nothing pass until its time is over, and needs no timer for that', async () => {
    const { breaker, clock } = makeOpen();
    expect(clock.timerCount).toBe(0);
    await clock.advance(OPEN_MS - 1);
    expect([breaker.passable, breaker.retryAfterMs]).toEqual([false, 1]);
    await clock.advance(1);
    expect([breaker.passable, breaker.retryAfterMs, breaker.state]).toEqual([true, 0, 'half-open']);
  });

  it('ignores what began before it opened', () => {
    const { breaker, clock, tasks, changes } = makeBreaker();
    const late = [breaker.pass(), breaker.pass()];
    tasks('failure', 'failure', 'failure', 'failure');
    breaker.record(late[0]!, 'failure', clock.monotonic());
    breaker.record(late[1]!, 'success', clock.monotonic());
    expect([breaker.state, changes]).toEqual(['open', ['open']]);
  });

  it('stays open for up to a fifth less, by chance', () => {
    expect(makeOpen({}, () => 0.5).breaker.retryAfterMs).toBe(900);
    expect(makeOpen({}, () => 1).breaker.retryAfterMs).toBe(800);
  });
});

describe('CircuitBreaker, half-open', () => {
  async function makeHalfOpen(input: BreakerOptionsInput = {}) {
    const made = makeOpen(input);
    await made.clock.advance(OPEN_MS);
    return made;
  }

  it('lets its probes pass at once, nobody else, and closes when they succeeded', async () => {
    const { breaker, clock, changes } = await makeHalfOpen();
    const probes = [breaker.pass(), breaker.pass()];
    expect([breaker.state, breaker.passable]).toEqual(['half-open', false]);
    breaker.record(probes[0]!, 'success', clock.monotonic());
    expect([breaker.state, breaker.passable]).toEqual(['half-open', true]);
    breaker.record(probes[1]!, 'success', clock.monotonic());
    expect([breaker.state, breaker.passable]).toEqual(['closed', true]);
    expect(changes).toEqual(['open', 'half-open', 'closed']);
  });

  it('gives the place of a probe that was called off to another', async () => {
    const { breaker, clock, tasks } = await makeHalfOpen();
    const [first] = [breaker.pass(), breaker.pass()];
    breaker.record(first, 'unknown', clock.monotonic());
    expect(breaker.passable).toBe(true);
    tasks('unknown', 'unknown', 'unknown');
    expect(breaker.state).toBe('half-open');
  });

  it('opens at the first failure, for twice as long each time, up to a limit', async () => {
    const { breaker, clock, tasks } = await makeHalfOpen({ maxOpenMs: 3_000 });
    const waits: number[] = [];
    for (let round = 0; round < 4; round++) {
      tasks('success', 'failure');
      waits.push(breaker.retryAfterMs);
      await clock.advance(breaker.retryAfterMs);
    }
    expect(waits).toEqual([2_000, 3_000, 3_000, 3_000]);
    tasks('success', 'success');
    tasks('failure', 'failure', 'failure', 'failure');
    expect(breaker.retryAfterMs).toBe(OPEN_MS);
  });

  it('ignores a probe of an earlier time', async () => {
    const { breaker, clock, tasks } = await makeHalfOpen();
    const slow = breaker.pass();
    tasks('failure');
    await clock.advance(2_000);
    breaker.pass();
    breaker.record(slow, 'failure', clock.monotonic());
    breaker.record(slow, 'success', clock.monotonic());
    expect(breaker.state).toBe('half-open');
    tasks('success', 'success');
    expect(breaker.state).toBe('closed');
  });
});

describe('the options of a breaker', () => {
  it.each([
    [{ threshold: 0 }, 'threshold'],
    [{ threshold: 1.1 }, 'threshold'],
    [{ minimumTasks: 0 }, 'minimumTasks'],
    [{ windowMs: 0 }, 'windowMs'],
    [{ openMs: 2_000, maxOpenMs: 1_999 }, 'maxOpenMs'],
    [{ halfOpenProbes: 0 }, 'halfOpenProbes'],
    [{ colour: 'red' }, 'colour'],
  ])('%j are refused', (input, path) => {
    expect(() => parseOptions(breakerOptionsSchema, input, 'breaker')).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path })] }),
    );
  });
});

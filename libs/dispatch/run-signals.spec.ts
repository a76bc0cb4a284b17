import { closeHarnesses, makeHarness } from './testing/make-harness.js';
import { step, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

/** Listeners that each signal has, as far as they were added from now on. */
function countListeners(): Map<AbortSignal, number> {
  const counts = new Map<AbortSignal, number>();
  for (const [method, change] of [
    ['addEventListener', 1],
    ['removeEventListener', -1],
  ] as const) {
    const original = EventTarget.prototype[method];
    jest.spyOn(EventTarget.prototype, method).mockImplementation(function (
      this: EventTarget,
      ...parameters: Parameters<EventTarget['addEventListener']>
    ) {
      if (this instanceof AbortSignal) counts.set(this, (counts.get(this) ?? 0) + change);
      original.apply(this, parameters);
    });
  }
  return counts;
}

describe('the signal of a run', () => {
  afterEach(() => jest.restoreAllMocks());

  it('has no listener left when the run has ended: another run may have it next', async () => {
    let failures = 0;
    const agents = {
      work: () => 'done',
      flaky: () => {
        if (++failures <= 3) throw new Error('no');
        return 'done';
      },
    };
    const harness = await makeHarness({ agents, pool: { size: { min: 1 } }, maxConcurrentWorkflows: 4 });
    const counts = countListeners();
    const retry = { maxAttempts: 5, baseDelayMs: 1, maxDelayMs: 1 };
    const document = workflow([
      step('a', { timeoutMs: 1_000 }),
      step('b', { capability: 'flaky', retry }),
      step('c', { dependsOn: ['a', 'b'] }),
      step('d', { dependsOn: ['a'], when: '{% false %}' }),
    ]);
    const results = Array.from({ length: 20 }, async () =>
      (await harness.dispatcher.submit(document)).result(),
    );
    for (let turns = 0; turns < 50; turns++) await harness.clock.advance(10);
    const statuses = new Set((await Promise.all(results)).map(({ status }) => status));
    expect(statuses).toEqual(new Set(['completed']));
    expect(counts.size).toBeGreaterThan(0);
    expect([...counts].filter(([signal, count]) => !signal.aborted && count > 0)).toEqual([]);
  });
});

import fc from 'fast-check';
import { ManualClock } from '../clock/manual-clock.js';
import { breakerOptionsSchema } from './breaker-options.js';
import { CircuitBreaker, type BreakerOutcome } from './circuit-breaker.js';

const WINDOW_MS = 1_000;
const BUCKET_MS = 100;

interface Setting {
  threshold: number;
  minimumTasks: number;
  openMs: number;
  halfOpenProbes: number;
}

/** What a breaker is said to do, written down as plainly as can be: every outcome is kept, with its time. */
class Model {
  state: 'closed' | 'open' | 'half-open' = 'closed';
  #tasks: { bucket: number; failed: boolean }[] = [];
  #openUntilMs = 0;
  #openings = 0;
  #successes = 0;
  /** Passes that count in the present state. */
  valid = new Set<number>();

  constructor(readonly setting: Setting) {}

  mayPass(nowMs: number): boolean {
    if (this.state === 'open' && nowMs >= this.#openUntilMs) this.#turn('half-open');
    return (
      this.state === 'closed' || (this.state === 'half-open' && this.valid.size < this.setting.halfOpenProbes)
    );
  }

  end(pass: number, outcome: BreakerOutcome, nowMs: number): void {
    if (!this.valid.delete(pass) || outcome === 'unknown') return;
    const failed = outcome === 'failure';
    if (this.state === 'half-open') {
      if (failed) this.#open(nowMs);
      else if (++this.#successes === this.setting.halfOpenProbes) this.#turn('closed');
      return;
    }
    const bucket = Math.floor(nowMs / BUCKET_MS);
    this.#tasks.push({ bucket, failed });
    const recent = this.#tasks.filter((task) => task.bucket > bucket - 10);
    const share = recent.filter((task) => task.failed).length / recent.length;
    if (failed && recent.length >= this.setting.minimumTasks && share >= this.setting.threshold)
      this.#open(nowMs);
  }

  #open(nowMs: number): void {
    this.#openUntilMs = nowMs + this.setting.openMs * Math.min(4, 2 ** this.#openings++);
    this.#turn('open');
  }

  #turn(state: Model['state']): void {
    this.state = state;
    this.valid.clear();
    this.#successes = 0;
    this.#tasks = [];
    if (state === 'closed') this.#openings = 0;
  }
}

const setting = fc.record({
  threshold: fc.constantFrom(0.25, 0.5, 0.75, 1),
  minimumTasks: fc.integer({ min: 1, max: 8 }),
  openMs: fc.integer({ min: 1, max: 500 }),
  halfOpenProbes: fc.integer({ min: 1, max: 3 }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(),
      outcome: fc.constantFrom<BreakerOutcome>('success', 'failure', 'failure', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat({ max: 600 }) }) },
);

describe('any sequence of passes, outcomes and waits', () => {
  it('takes a breaker through the same states as the model', () =>
    fc.assert(
      fc.asyncProperty(setting, fc.array(step, { maxLength: 120 }), async (chosen, steps) => {
        const clock = new ManualClock();
        const { openMs } = chosen;
        const options = { ...chosen, windowMs: WINDOW_MS, maxOpenMs: 4 * openMs };
        const breaker = new CircuitBreaker({
          ...breakerOptionsSchema.parse(options),
          clock,
          random: () => 0,
        });
        const model = new Model(chosen);
        const underWay: { pass: number; id: number }[] = [];
        for (const [id, now] of steps.entries()) {
          if (now.do === 'wait') await clock.advance(now.ms);
          if (now.do === 'pass' && breaker.passable) {
            model.valid.add(id);
            underWay.push({ pass: breaker.pass(), id });
          }
          if (now.do === 'end' && underWay.length > 0) {
            const [ended] = underWay.splice(now.which % underWay.length, 1);
            breaker.record(ended!.pass, now.outcome, clock.monotonic());
            model.end(ended!.id, now.outcome, clock.monotonic());
          }
          const mayPass = model.mayPass(clock.monotonic());
          expect([breaker.passable, breaker.state]).toEqual([mayPass, model.state]);
          expect(breaker.retryAfterMs > 0).toBe(model.state === 'open');
        }
        expect(clock.timerCount).toBe(0);
      }),
      { numRuns: 500 },
    ));
});

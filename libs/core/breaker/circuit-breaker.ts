import type { Clock } from '../clock/clock.js';
import type { BreakerOptions } from './breaker-options.js';
import { OutcomeWindow } from './outcome-window.js';

export const BREAKER_STATES = ['closed', 'open', 'half-open'] as const;
export type BreakerState = (typeof BREAKER_STATES)[number];

/** What a task says of who ran it. `unknown`: nothing, for it was called off. */
export type BreakerOutcome = 'success' | 'failure' | 'unknown';

/** Each stay open is shorter than its full time by up to this part, so that many breakers do not probe together. */
const OPEN_JITTER = 0.2;

export interface CircuitBreakerOptions extends BreakerOptions {
  clock: Clock;
  /** Told after each change, inside the call that led to it. */
  onChange?: (state: BreakerState) => void;
  random?: () => number;
}

/**
 * Keeps work away from whoever fails too often, until it has shown that it works again.
 *
 * - `closed`: everything passes, and outcomes are counted over a sliding window → `open`, when a failure brings the
 *   share of failures to `threshold` and the window holds `minimumTasks`;
 * - `open`: nothing passes → `half-open`, when its time is over: no timer, the next one who asks finds it so;
 * - `half-open`: `halfOpenProbes` pass at once → `closed` when so many succeeded, `open` at the first failure, for twice
 *   as long as before, up to `maxOpenMs`.
 *
 * A pass belongs to the state in which it was taken: the outcome of an earlier one says nothing any more.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #window: OutcomeWindow;
  #state: BreakerState = 'closed';
  /** Changes of state so far; a pass is the number that it was taken at. */
  #changes = 0;
  #openUntilMs = 0;
  /** Times that it opened since it was last closed. */
  #openings = 0;
  #probing = 0;
  #succeeded = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
    this.#window = new OutcomeWindow(options.windowMs);
  }

  get state(): BreakerState {
    return this.#state === 'open' && this.retryAfterMs === 0 ? 'half-open' : this.#state;
  }

  /** Whether `pass` may be called now. */
  get passable(): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'open') return this.retryAfterMs === 0;
    return this.#probing < this.#options.halfOpenProbes;
  }

  /** How long it stays open, whole ms; 0 when it is not. */
  get retryAfterMs(): number {
    if (this.#state !== 'open') return 0;
    return Math.max(0, Math.ceil(this.#openUntilMs - this.#options.clock.monotonic()));
  }

  /** What the window holds at the moment: when `onChange` tells that it opened, what opened it; then nothing until it is closed. */
  get counts(): { tasks: number; failures: number } {
    this.#window.moveTo(this.#options.clock.monotonic());
    return { tasks: this.#window.total, failures: this.#window.failures };
  }

  /** Lets one through, while it is `passable`. @returns what its `record` is given. */
  pass(): number {
    if (this.#state !== 'closed') {
      if (this.#state === 'open') this.#change('half-open');
      this.#probing++;
    }
    return this.#changes;
  }

  /**
   * Tells how what was let through went; once for each pass.
   * @param nowMs monotonic; whoever calls this often has read it already.
   */
  record(pass: number, outcome: BreakerOutcome, nowMs: number): void {
    if (pass !== this.#changes) return;
    if (this.#state === 'half-open') this.#recordProbe(outcome, nowMs);
    else if (outcome !== 'unknown') this.#recordTask(outcome === 'failure', nowMs);
  }

  #recordTask(failed: boolean, nowMs: number): void {
    this.#window.add(failed, nowMs);
    if (!failed) return;
    const { threshold, minimumTasks } = this.#options;
    const { total, failures } = this.#window;
    if (total >= minimumTasks && failures >= threshold * total) this.#open(nowMs);
  }

  #recordProbe(outcome: BreakerOutcome, nowMs: number): void {
    this.#probing--;
    if (outcome === 'failure') this.#open(nowMs);
    else if (outcome === 'success' && ++this.#succeeded >= this.#options.halfOpenProbes) this.#close();
  }

  #open(nowMs: number): void {
    const { openMs, maxOpenMs, random = Math.random } = this.#options;
    const fullMs = Math.min(maxOpenMs, openMs * 2 ** this.#openings++);
    this.#openUntilMs = nowMs + fullMs * (1 - OPEN_JITTER * random());
    this.#change('open');
    this.#window.clear();
  }

  #close(): void {
    this.#openings = 0;
    this.#change('closed');
  }

  #change(state: BreakerState): void {
    this.#state = state;
    this.#changes++;
    this.#probing = 0;
    this.#succeeded = 0;
    this.#options.onChange?.(state);
  }
}

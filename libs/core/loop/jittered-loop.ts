import { AbortedError } from '../abort/aborted-error.js';
import type { Clock, Timer } from '../clock/clock.js';
import { throwUncaught } from '../errors/throw-uncaught.js';

export interface JitteredLoopOptions {
  clock: Clock;
  /** Mean wait between the end of one run and the start of the next; a function is asked before each wait. */
  intervalMs: number | (() => number);
  /** Each wait is uniform in intervalMs × (1 ± jitter), so that many loops do not wake together. 0..1, default 0.2. */
  jitter?: number;
  /** One run. Gets a signal that aborts, with an `AbortedError` of kind `shutdown`, when the loop stops. */
  run: (signal: AbortSignal) => Promise<void>;
  /**
   * Told when a run fails, unless the loop was stopped meanwhile; the loop goes on. What it throws itself becomes an
   * uncaught exception, and the loop goes on all the same.
   */
  onError: (error: unknown) => void;
  random?: () => number;
}

/**
 * Calls `run` again and again, never overlapping, on an unref'd timer.
 * States: idle → `start` → waiting ⇄ running → `stop` → stopped (final).
 */
export class JitteredLoop {
  readonly #options: JitteredLoopOptions;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> | undefined;
  #started = false;

  constructor(options: JitteredLoopOptions) {
    this.#options = options;
  }

  /** Idempotent. The first run comes after one wait. */
  start(): void {
    if (this.#started || this.#stopping.signal.aborted) return;
    this.#started = true;
    this.#schedule();
  }

  /**
   * Aborts the run in flight and resolves when it has ended; no run starts afterwards. Idempotent.
   * A run may stop its own loop, but not await that: each would wait for the other.
   */
  async stop(): Promise<void> {
    this.#stopping.abort(new AbortedError('shutdown', 'the loop was stopped'));
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(): void {
    const { clock, intervalMs, jitter = 0.2, random = Math.random } = this.#options;
    const meanMs = typeof intervalMs === 'number' ? intervalMs : intervalMs();
    const delayMs = meanMs * (1 - jitter + 2 * jitter * random());
    this.#timer = clock.setTimer(() => {
      this.#running = this.#runOnce();
    }, delayMs);
  }

  async #runOnce(): Promise<void> {
    const { signal } = this.#stopping;
    try {
      await this.#options.run(signal);
    } catch (error) {
      if (!signal.aborted) this.#report(error);
    }
    if (!signal.aborted) this.#schedule();
  }

  #report(error: unknown): void {
    try {
      this.#options.onError(error);
    } catch (failure) {
      throwUncaught(failure);
    }
  }
}

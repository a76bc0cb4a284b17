import { MAX_DELAY_MS, type Clock } from '../clock/clock.js';
import { isRetryable as saysRetryable } from '../errors/is-retryable.js';
import { readProperty } from '../errors/message-of.js';
import { backoffDelayMs, type RetryPolicy } from './retry-policy.js';

export interface RetryOptions {
  clock: Clock;
  policy: RetryPolicy;
  /**
   * Ends any wait between attempts at once. The attempt in flight gets it too and is awaited, for work that goes on
   * unwatched is worse than a late answer (`untilAborted` is for those who think otherwise); no other follows.
   */
  signal: AbortSignal;
  /** Whether `error` may go away by itself. Default: unless it says `retryable: false`. */
  isRetryable?: (error: unknown) => boolean;
  /** Told before each wait. */
  onRetry?: (error: unknown, attempt: number, delayMs: number) => void;
  /** How long a wait may still be, ms: another attempt after it would come too late. Default: any. */
  timeLeftMs?: () => number;
  /** Whether the wait between attempts keeps the process alive; see `TimerOptions`. */
  ref?: boolean;
  random?: () => number;
}

/**
 * Calls `work` until it succeeds, with exponential back-off and full jitter between attempts.
 *
 * After an error whose `details.retryAfterMs` says so (a server's `Retry-After`) the wait is at least that long, whatever
 * `maxDelayMs`; when that is more than the time that is left, the error is the last. A result counts, also when it comes after an abort.
 *
 * @throws the last error, when attempts or time ran out or it was not retryable; the signal's reason, once it is aborted.
 */
export async function retry<T>(
  work: (attempt: number, signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { signal } = options;
  signal.throwIfAborted();
  try {
    return await work(1, signal);
  } catch (error) {
    return retryAfter(error, work, options);
  }
}

/**
 * As {@link retry} goes on when its first attempt has failed with `firstError`: for those who make that one by themselves,
 * and most often need nothing of this.
 */
export async function retryAfter<T>(
  firstError: unknown,
  work: (attempt: number, signal: AbortSignal) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const { clock, policy, signal, isRetryable = saysRetryable, onRetry, ref, random } = options;
  const { timeLeftMs = () => MAX_DELAY_MS } = options;
  let error = firstError;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    if (attempt >= policy.maxAttempts || !isRetryable(error)) throw error;
    const askedMs = retryAfterMs(error);
    if (askedMs > timeLeftMs()) throw error;
    const delayMs = Math.max(backoffDelayMs(policy, attempt, random), askedMs);
    onRetry?.(error, attempt, delayMs);
    await clock.sleep(delayMs, { signal, ref });
    signal.throwIfAborted();
    try {
      return await work(attempt + 1, signal);
    } catch (failure) {
      error = failure;
    }
  }
}

function retryAfterMs(error: unknown): number {
  const askedMs = readProperty(readProperty(error, 'details'), 'retryAfterMs');
  return typeof askedMs === 'number' && askedMs > 0 ? askedMs : 0;
}

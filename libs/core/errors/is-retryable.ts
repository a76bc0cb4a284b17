import { readProperty } from './message-of.js';

/** Whether anything that was thrown may go away by itself: unless it says `retryable: false`. Never throws. */
export function isRetryable(error: unknown): boolean {
  return readProperty(error, 'retryable') !== false;
}

import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 20;

/** Tries again until `check` gives something true; its last failure is told when the time is over. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { within = 5_000, what = 'the condition' } = {},
): Promise<NonNullable<T>> {
  const endsAt = Date.now() + within;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) return value;
      if (Date.now() > endsAt) throw new Error(`${what} did not come true within ${within} ms`);
    } catch (error) {
      if (Date.now() > endsAt) throw error;
    }
    await sleep(POLL_MS);
  }
}

/** What `promise` gives, if it gives it in time. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(ms, undefined, { signal: over.signal }).then(() => {
        throw new Error(`${what} took longer than ${ms} ms`);
      }),
    ]);
  } finally {
    over.abort();
  }
}

import type { Consumer, JobQueue } from '../ports/job-queue.js';
import type { JobRecord, JobState } from '../ports/job.js';

const PATIENCE_MS = 4_000;
const POLL_MS = 2;

/** Waits, generously, until `predicate` holds. */
export async function eventually(predicate: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await predicate())) {
    if (performance.now() > deadline)
      throw new Error(`did not come true within ${PATIENCE_MS} ms: ${predicate.toString()}`);
    await passMs(POLL_MS);
  }
}

/** Lets real time pass; for proving that something does NOT happen, and for ages. Keep it short. */
export function passMs(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function reaches<T>(queue: JobQueue<T>, id: string, state: JobState): Promise<JobRecord<T>> {
  let job: JobRecord<T> | undefined;
  await eventually(async () => (job = await queue.get(id))?.state === state);
  if (job === undefined) throw new Error(`no job ${id}`);
  return job;
}

/** Handles one job after another until `count` were, and returns their data in the order they came. */
export async function handleInTurn<T>(queue: JobQueue<T>, count: number): Promise<T[]> {
  const seen: T[] = [];
  const consumer: Consumer = queue.consume(async ({ data }) => void seen.push(data), { concurrency: 1 });
  await eventually(() => seen.length >= count);
  await consumer.close({ drainMs: 1_000 });
  return seen;
}

/** A promise to be settled by hand. */
export class Gate<T = void> {
  readonly opened: Promise<T>;
  #open: (value: T) => void = () => undefined;

  constructor() {
    this.opened = new Promise((resolve) => (this.#open = resolve));
  }

  open(value: T): void {
    this.#open(value);
  }
}

/** Rejects with the signal's reason once it aborts: a handler that does as it is told. */
export function untilStopped(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** Numbers in 0..1 that depend on the seed alone (mulberry32), so that a failing round can be had again. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

import { makeReadyPool, type Bench, type BenchOptions } from './make-pool.js';

export const OPEN_MS = 2_000;
export const PATIENCE_MS = 500;

/** A ready pool of four agents whose breaker opens after four failures, for {@link OPEN_MS}. */
export function makeBreakerPool(options: BenchOptions = {}): Promise<Bench> {
  return makeReadyPool({
    size: { min: 4 },
    unavailableAfterMs: PATIENCE_MS,
    breaker: { minimumTasks: 4, openMs: OPEN_MS, halfOpenProbes: 2 },
    ...options,
  });
}

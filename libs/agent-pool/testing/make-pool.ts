import { ManualClock, type ErrorRecord } from '#core';
import { OrchestraEvents, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { AgentPool } from '../agent-pool.js';
import type { Lease, LeaseOptions } from '../lease.js';
import type { PoolDefinition } from '../pool-definition.js';
import { FakeFactory } from './fake-factory.js';

interface RecordedEvent {
  type: OrchestraEventType;
  data: OrchestraEventMap[OrchestraEventType];
}

export interface Bench {
  pool: AgentPool;
  clock: ManualClock;
  factory: FakeFactory;
  events: OrchestraEvents;
  published: RecordedEvent[];
  lease(options?: LeaseOptions): Promise<Lease>;
}

export type BenchOptions = Partial<PoolDefinition> & { clock?: ManualClock; factory?: FakeFactory };

export const OK = { ok: true, durationMs: 1 };
export const STUCK: ErrorRecord = { code: 'TIMEOUT', message: 'ignored its signal', retryable: true };

/** An application's pools with one of them, `work`, not started. */
export function makePool({
  clock = new ManualClock(),
  factory = new FakeFactory(),
  ...options
}: BenchOptions = {}): Bench {
  const events = new OrchestraEvents();
  const published: RecordedEvent[] = [];
  events.onAny((data, type) => published.push({ type, data }));
  const pool = new AgentPool(clock, events);
  pool.add({ capability: 'work', factory, ...options });
  return {
    pool,
    clock,
    factory,
    events,
    published,
    lease: (leaseOptions) => pool.lease('work', leaseOptions),
  };
}

/** The same, with its agents ready. */
export async function makeReadyPool(options: BenchOptions = {}): Promise<Bench> {
  const bench = makePool(options);
  bench.pool.start();
  await bench.pool.whenProvisioned();
  return bench;
}

/** Lets promise callbacks run to their end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What became of a promise so far. */
export async function outcomeOf(promise: Promise<unknown>): Promise<'pending' | 'fulfilled' | 'rejected'> {
  let outcome: 'pending' | 'fulfilled' | 'rejected' = 'pending';
  promise.then(
    () => (outcome = 'fulfilled'),
    () => (outcome = 'rejected'),
  );
  await settle();
  return outcome;
}

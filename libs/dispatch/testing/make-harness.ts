import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AgentPool, AgentPoolModule, type AgentCallable, type PoolOptions } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { Clock, ManualClock } from '#core';
import { OrchestraEvents } from '#events';
import { QueueDriver, QueueModule, type JobQueue } from '#queue';
import { MemoryStateStore, StateModule, StateStore, type MemoryStateOptions } from '#state';
import { DispatchModule } from '../dispatch.module.js';
import type { DispatchOptionsInput } from '../dispatch.options.js';
import { ExecutionRetention } from '../execution/execution-retention.js';
import { ExecutionStore } from '../execution/execution-store.js';
import { WorkflowRunner } from '../runner/workflow-runner.js';
import { WorkflowDispatcher } from '../workflow-dispatcher.js';
import { EventRecorder } from './event-recorder.js';

export interface HarnessOptions extends DispatchOptionsInput {
  /** What the agents of a capability do. */
  agents?: Record<string, AgentCallable>;
  /** Of every pool; by default many agents, so that none waits for a lease. */
  pool?: Omit<PoolOptions, 'capability'>;
  /** Outlives the application when it is given, as a store of its own does. */
  store?: StateStore;
  clock?: ManualClock;
}

export interface Harness {
  app: INestApplicationContext;
  dispatcher: WorkflowDispatcher;
  runner: WorkflowRunner;
  executions: ExecutionStore;
  retention: ExecutionRetention;
  pool: AgentPool;
  events: OrchestraEvents;
  recorder: EventRecorder;
  clock: ManualClock;
  store: StateStore;
  driver: QueueDriver;
  queue: JobQueue<{ executionId: string }>;
  /** Leases that are held or waited for. */
  leases(): number;
}

const open = new Set<Harness>();

/** The dispatcher with all it needs, on memory drivers and a clock that the test turns. */
export async function makeHarness(options: HarnessOptions = {}): Promise<Harness> {
  const { agents = {}, pool: poolOptions, store, clock = new ManualClock(), ...dispatch } = options;
  const pools = Object.entries({ echo: echo, ...agents }).map(([capability, callable]) => ({
    size: { min: 64 },
    ...poolOptions,
    capability,
    factory: new FunctionAgentFactory(callable),
  }));
  const building = Test.createTestingModule({
    imports: [
      QueueModule.forRoot({ driver: 'memory' }),
      StateModule.forRoot({ driver: 'memory' }),
      AgentPoolModule.forRoot({ pools }),
      DispatchModule.forRoot(dispatch),
    ],
  })
    .overrideProvider(Clock)
    .useValue(clock);
  if (store !== undefined) building.overrideProvider(StateStore).useValue(store);
  const app = await building.compile();
  await app.init();
  const pool = app.get(AgentPool, { strict: false });
  await pool.whenProvisioned();
  const events = app.get(OrchestraEvents, { strict: false });
  const driver = app.get(QueueDriver, { strict: false });
  const harness: Harness = {
    app,
    dispatcher: app.get(WorkflowDispatcher, { strict: false }),
    runner: app.get(WorkflowRunner, { strict: false }),
    executions: app.get(ExecutionStore, { strict: false }),
    retention: app.get(ExecutionRetention, { strict: false }),
    pool,
    events,
    recorder: new EventRecorder(events),
    clock,
    store: app.get(StateStore, { strict: false }),
    driver,
    queue: driver.queue('executions'),
    leases: () => pool.pools().reduce((sum, { leases }) => sum + leases.active + leases.waiting, 0),
  };
  open.add(harness);
  return harness;
}

/** A store that several applications share, one after another or at once. */
export function makeSharedStore(options?: MemoryStateOptions): StateStore {
  const store = new MemoryStateStore(options);
  store.close = () => Promise.resolve();
  return store;
}

/** Closes every harness that is open. What still runs is given a minute of the manual clock. */
export async function closeHarnesses(): Promise<void> {
  for (const { app, clock } of open) {
    const closed = app.close();
    await clock.advance(60_000);
    await closed;
  }
  open.clear();
}

const echo: AgentCallable = ({ input }) => input;

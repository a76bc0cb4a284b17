import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { AgentPoolModule, type AgentCallable } from '#agent-pool';
import { FunctionAgentFactory } from '#agents';
import { Clock } from '#core';
import { DispatchModule, WorkflowDispatcher, type DispatchOptionsInput } from '#dispatch';
import { OrchestraEvents, type OrchestraEventMap, type OrchestraEventType } from '#events';
import { MemoryQueueDriver, QueueDriver, QueueModule } from '#queue';
import { MemoryStateStore, StateModule, StateStore } from '#state';
import { ScheduleJobs } from '../schedule-jobs.js';
import { ScheduleStore } from '../schedule-store.js';
import { SchedulesModule } from '../schedules.module.js';
import type { SchedulesOptionsInput } from '../schedules.options.js';
import { WorkflowSchedules } from '../workflow-schedules.js';
import { PatientClock } from './patient-clock.js';

/** A queue, a store and a clock that several instances share, one after another or at once. */
export interface Backend {
  clock: PatientClock;
  driver: QueueDriver;
  store: StateStore;
}

/** What outlives the instances. @param store of a backend whose queue was lost. */
export function makeBackend(clock = new PatientClock(), store: StateStore = new MemoryStateStore()): Backend {
  const driver = new MemoryQueueDriver({ clock });
  driver.close = () => Promise.resolve();
  store.close = () => Promise.resolve();
  return { clock, driver, store };
}

export interface InstanceOptions extends SchedulesOptionsInput {
  backend?: Backend;
  dispatch?: DispatchOptionsInput;
  /** What the agents of capability `work` do. Default: nothing. */
  agent?: AgentCallable;
  /** Capabilities that there are no pools of. */
  without?: readonly string[];
}

export interface Instance extends Backend {
  app: INestApplicationContext;
  schedules: WorkflowSchedules;
  dispatcher: WorkflowDispatcher;
  jobs: ScheduleJobs;
  records: ScheduleStore;
  /** What was published, in order. */
  events: { type: OrchestraEventType; data: OrchestraEventMap[OrchestraEventType] }[];
  eventsOf<T extends OrchestraEventType>(type: T): OrchestraEventMap[T][];
  /** When its executions were submitted, ISO 8601, the first one first. */
  submitted(): Promise<string[]>;
}

const open = new Set<Instance>();

/** The schedules with all they need, on memory drivers and a clock that the test turns. */
export async function makeInstance(options: InstanceOptions = {}): Promise<Instance> {
  const { backend = makeBackend(), dispatch = {}, agent = () => null, without = [], ...schedules } = options;
  const { clock, driver, store } = backend;
  const pools = ['work', 'other']
    .filter((capability) => !without.includes(capability))
    .map((capability) => ({ capability, size: { min: 8 }, factory: new FunctionAgentFactory(agent) }));
  const app = await Test.createTestingModule({
    imports: [
      QueueModule.forRoot({ driver: 'memory' }),
      StateModule.forRoot({ driver: 'memory' }),
      AgentPoolModule.forRoot({ pools }),
      DispatchModule.forRoot(dispatch),
      SchedulesModule.forRoot(schedules),
    ],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .overrideProvider(QueueDriver)
    .useValue(driver)
    .overrideProvider(StateStore)
    .useValue(store)
    .compile();
  const get = <T>(token: abstract new (...args: never[]) => T): T => app.get<T>(token, { strict: false });
  const events: Instance['events'] = [];
  get(OrchestraEvents).onAny((data, type) => events.push({ type, data }));
  await app.init();
  const dispatcher = get(WorkflowDispatcher);
  const instance: Instance = {
    ...backend,
    app,
    schedules: get(WorkflowSchedules),
    dispatcher,
    jobs: get(ScheduleJobs),
    records: get(ScheduleStore),
    events,
    eventsOf: (type) => events.filter((event) => event.type === type).map(({ data }) => data as never),
    submitted: async () => {
      const { items } = await dispatcher.list({ limit: 500 });
      return items.map(({ submittedAt }) => submittedAt).reverse();
    },
  };
  open.add(instance);
  clock.join(instance, driver);
  return instance;
}

/** Closes an instance in good order; what it leaves to the passing of time is for the test. */
export async function closeInstance(instance: Instance): Promise<void> {
  open.delete(instance);
  instance.clock.leave(instance);
  await instance.app.close();
}

/** Time passes until all have ended, also where a test failed while it held something. */
export async function closeInstances(): Promise<void> {
  const instances = [...open];
  let isClosed = false;
  const closed = Promise.all(instances.map(closeInstance)).finally(() => (isClosed = true));
  while (!isClosed) await Promise.all(instances.map(({ clock }) => clock.advance(100)));
  await closed;
}

/** One step of capability `work`. */
export const workflow = { id: 'report', steps: [{ id: 'only', capability: 'work' }] };

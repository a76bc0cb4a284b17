import { setTimeout as sleep } from 'node:timers/promises';
import { WorkflowDispatcher } from '../../dist/libs/dispatch/index.js';
import { OrchestraEvents } from '../../dist/libs/events/index.js';
import { countCommands } from '../harness/count-commands.mjs';
import { createMoments } from '../harness/moments.mjs';
import { createOrchestra, workflowOf } from '../harness/orchestra.mjs';
import { paced } from '../harness/pace.mjs';
import { keepInFlight } from '../harness/rounds.mjs';

/** Executions on the bullmq driver: from their submit until they are on record as completed. */
export default async function durableHouse({ url, keyPrefix, concurrency, steps, order, stepMs, inFlight }) {
  const commands = countCommands();
  const ends = createMoments();
  /** Only there while it is asked for. */
  let begins;
  let finished = 0;
  let watched = true;
  const app = await createOrchestra({
    work: ({ executionId }) => {
      begins?.tell(executionId);
      return stepMs === undefined ? null : sleep(stepMs, null);
    },
    concurrencyPerAgent: 1_000,
    driver: 'bullmq',
    redis: { url, keyPrefix },
    dispatch: { maxConcurrentWorkflows: concurrency, maxQueueDepth: 1_000_000 },
  });
  const dispatcher = app.get(WorkflowDispatcher, { strict: false });
  const events = app.get(OrchestraEvents, { strict: false });
  events.on('execution.completed', ({ executionId }) => {
    finished++;
    if (watched) ends.tell(executionId);
  });
  const workflow = workflowOf(steps, order);
  const once = async () => ends.of((await dispatcher.submit(workflow)).executionId);
  return {
    round: (ms) => keepInFlight(inFlight, ms, once),
    /** @returns how long each of so many executions waited, ms from before its submit until its start. */
    async waits(count, perSecond) {
      begins = createMoments();
      const waits = await paced(count, perSecond, async () => {
        const begun = performance.now();
        const { executionId } = await dispatcher.submit(workflow);
        await ends.of(executionId);
        return (await begins.of(executionId)) - begun;
      });
      begins = undefined;
      return waits;
    },
    /** Submits so many, a hundred at once, and waits for the end of none. */
    async submit(count) {
      watched = false;
      for (let n = 0; n < count; n += 100) {
        await Promise.all(Array.from({ length: 100 }, () => dispatcher.submit(workflow)));
      }
    },
    /** What was sent to Redis so far, by the names of the commands. */
    commands,
    /** How many have ended in this process. */
    finished: () => finished,
    close: () => app.close(),
  };
}

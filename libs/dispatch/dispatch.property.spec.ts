import fc from 'fast-check';
import type { AgentTask } from '#agent-pool';
import type { OrchestraEventType } from '#events';
import type { Execution } from './execution/execution.js';
import { closeHarnesses, makeHarness, type Harness } from './testing/make-harness.js';
import { expectedOutcomes, randomSteps, toStep, type RandomStep } from './testing/random-workflow.js';
import { turn } from './testing/until.js';
import { collect, workflow } from './testing/workflows.js';

afterEach(closeHarnesses);

const FINAL = new Set<OrchestraEventType>([
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
  'execution.timed_out',
]);

/** An agent that does what the random step says, after a random number of turns of the event loop. */
function actor(steps: readonly RandomStep[], turns: readonly number[]) {
  let calls = 0;
  return async ({ stepId, attempt }: AgentTask): Promise<unknown> => {
    for (let left = turns[calls++ % turns.length] ?? 0; left > 0; left--) await turn();
    const { behaviour } = steps.find(({ id }) => id === stepId) ?? {};
    if (behaviour === 'ok' || (behaviour === 'flaky' && attempt === 2)) return stepId;
    throw Object.assign(new Error('no'), { retryable: behaviour !== 'fail' });
  };
}

async function runToEnd({ dispatcher, clock }: Harness, executionId: string): Promise<Execution> {
  for (;;) {
    const execution = await dispatcher.wait(executionId, { waitMs: 0 });
    if (execution.finishedAt !== null) return execution;
    await clock.advance(1);
  }
}

function expectStatuses(execution: Execution, steps: readonly RandomStep[]): void {
  const expected = expectedOutcomes(steps);
  const fatal = steps.filter(({ id, onError }) => expected.get(id) === 'failed' && onError === 'fail');
  const statusOf = (id: string) => execution.steps[id]?.status;
  if (fatal.length === 0) {
    expect(execution.status).toBe('completed');
    for (const { id } of steps) expect(statusOf(id)).toBe(expected.get(id));
    return;
  }
  expect(execution.status).toBe('failed');
  expect(fatal.map(({ id }) => id)).toContain(execution.error?.details?.stepId);
  for (const { id } of steps) expect([expected.get(id), 'cancelled', 'pending']).toContain(statusOf(id));
  // What depends on the step that failed it has not begun.
  for (const { id, dependsOn } of steps) {
    if (dependsOn.includes(String(execution.error?.details?.stepId))) expect(statusOf(id)).toBe('pending');
  }
}

async function expectHistory(
  { dispatcher }: Harness,
  execution: Execution,
  steps: readonly RandomStep[],
  maxConcurrentSteps: number,
): Promise<void> {
  const events = await collect(dispatcher.events(execution.executionId));
  expect(events.filter(({ type }) => FINAL.has(type))).toHaveLength(1);
  expect(events.at(-1)?.type).toBe(`execution.${execution.status}`);
  const ended = new Set<string>();
  const begun = new Set<string>();
  for (const { type, data } of events) {
    if (!('stepId' in data)) continue;
    if (type === 'step.started') {
      begun.add(data.stepId);
      const { dependsOn = [] } = steps.find(({ id }) => id === data.stepId) ?? {};
      for (const dependency of dependsOn) expect(ended).toContain(dependency);
    }
    if (
      type === 'step.completed' ||
      type === 'step.failed' ||
      type === 'step.skipped' ||
      type === 'step.cancelled'
    ) {
      expect(ended).not.toContain(data.stepId);
      ended.add(data.stepId);
      begun.delete(data.stepId);
    }
    expect(begun.size).toBeLessThanOrEqual(maxConcurrentSteps);
  }
  expect(begun.size).toBe(0);
}

it('every accepted execution ends once, by the rules, and leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomSteps,
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
      async (steps, maxConcurrentSteps, turns) => {
        const harness = await makeHarness({
          agents: { work: actor(steps, turns) },
          maxConcurrentSteps,
          pool: { size: { min: 3 } },
        });
        const { executionId } = await harness.dispatcher.submit(workflow(steps.map(toStep)));
        const execution = await runToEnd(harness, executionId);
        expectStatuses(execution, steps);
        await expectHistory(harness, execution, steps, maxConcurrentSteps);
        expect([harness.leases(), harness.clock.timerCount]).toEqual([0, 0]);
        await closeHarnesses();
      },
    ),
    { numRuns: 60 },
  );
}, 60_000);

it('one that is cancelled at any moment ends once as well, and a retry brings it to the end it would have had', async () => {
  await fc.assert(
    fc.asyncProperty(
      randomSteps,
      fc.nat(12),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 8 }),
      async (steps, moment, turns) => {
        const harness = await makeHarness({ agents: { work: actor(steps, turns) }, maxConcurrentSteps: 2 });
        const { dispatcher } = harness;
        const handle = await dispatcher.submit(workflow(steps.map(toStep)));
        for (let left = moment; left > 0; left--) await turn();
        await handle.cancel().catch(() => undefined);
        const stopped = await runToEnd(harness, handle.executionId);
        expect(['running', 'pending']).not.toContain(stopped.status);
        for (const { status } of Object.values(stopped.steps)) expect(status).not.toBe('running');
        expect((await collect(handle.events())).filter(({ type }) => FINAL.has(type))).toHaveLength(1);
        if (stopped.status === 'cancelled') {
          await dispatcher.retry(handle.executionId);
          expectStatuses(await runToEnd(harness, handle.executionId), steps);
        }
        expect([harness.leases(), harness.clock.timerCount]).toEqual([0, 0]);
        await closeHarnesses();
      },
    ),
    { numRuns: 40 },
  );
}, 60_000);

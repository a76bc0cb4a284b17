import fc from 'fast-check';
import type { AgentCallable } from '#agent-pool';
import { ValidationError, type Problem } from '#core';
import { closeHarnesses, makeHarness, type Harness } from './testing/make-harness.js';
import { turn } from './testing/until.js';
import { collect, rejection } from './testing/workflows.js';

afterEach(closeHarnesses);

/** Most of them are right wherever they stand. */
const expression = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.constantFrom('{% $input %}', '{% $input.a.b %}', '{% $error("no") %}', 'text'),
  },
  fc.constantFrom('{% 1 + %}', '{% $steps.s0.output %}', '{% $steps.s1.error %}', '{% $steps.missing %}'),
);

/** A value that may be what is asked for, and now and then is not. */
const mostly = <T>(good: fc.Arbitrary<T>): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 80, arbitrary: good },
    fc.constantFrom<unknown>(null, -1, 0, 1.5, 'x', '', [], {}, true, '__proto__'),
  );

const json = fc.oneof(
  expression,
  fc.dictionary(fc.constantFrom('a', 'b', 'odd key', 'c[0]'), expression, {
    maxKeys: 2,
  }),
  fc.array(fc.oneof(expression, fc.constantFrom<unknown>(5, null)), { maxLength: 2 }),
);

const optional = { requiredKeys: ['id', 'capability'] as ('id' | 'capability')[] };
const step = fc.record(
  {
    id: mostly(fc.constantFrom('s0', 's1', 's2', 's3', 's4', 's5')),
    capability: mostly(fc.constantFrom('work', 'echo')),
    dependsOn: mostly(fc.uniqueArray(fc.nat(9), { maxLength: 2 })),
    input: json,
    when: mostly(fc.constantFrom('{% true %}', '{% false %}', '{% $input.on %}', '{% 5 %}')),
    onError: mostly(fc.constantFrom('fail', 'continue', 'skip')),
    timeoutMs: mostly(fc.constantFrom(1, 5, 1_000)),
    retry: mostly(fc.constant({ maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 2 })),
  },
  optional,
);

/** Most steps depend on those before them and have ids of their own; a few stay as they came. */
function placed(each: { id: unknown; dependsOn?: unknown }, place: number): object {
  const { id, dependsOn } = each;
  const before = Array.isArray(dependsOn)
    ? dependsOn.filter((link) => link === 9 || link < place).map((link) => `s${link}`)
    : dependsOn;
  return {
    ...each,
    id: id === 's0' || id === 's5' ? id : typeof id === 'string' ? `s${place}` : id,
    dependsOn: before,
  };
}

const document = fc
  .record(
    {
      id: mostly(fc.constantFrom('wf', 'ü')),
      steps: fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.map(placed)),
      output: json,
      timeoutMs: mostly(fc.constantFrom(20, 10_000)),
      mode: mostly(fc.constantFrom('parallel', 'sequential')),
      metadata: mostly(fc.constant({ a: 1 })),
      surprise: fc.constant(1),
    },
    { requiredKeys: ['id', 'steps'] },
  )
  .chain((whole) => fc.nat(20).map((rare) => (rare === 0 ? whole : { ...whole, surprise: undefined })))
  .map((whole) => JSON.parse(JSON.stringify(whole)) as Record<string, unknown>);

type Act = 'answer' | 'fail' | 'fail for good' | 'hang' | 'ignore' | 'nonsense' | 'throw nonsense';
const acts = fc.array(
  fc.constantFrom<Act>(
    'answer',
    'answer',
    'fail',
    'fail for good',
    'hang',
    'ignore',
    'nonsense',
    'throw nonsense',
  ),
  { minLength: 1, maxLength: 6 },
);

function actor(plan: readonly Act[]): AgentCallable {
  let calls = 0;
  return async ({ input }, { signal, progress }) => {
    const act = plan[calls++ % plan.length];
    progress({ progress: calls });
    await turn();
    switch (act) {
      case 'fail':
        throw new Error('no');
      case 'fail for good':
        throw Object.assign(new Error('no'), { retryable: false });
      case 'hang':
        return new Promise((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason as Error);
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      case 'ignore':
        return new Promise(() => {});
      case 'nonsense':
        return { when: new Date(0), how: Number.NaN, what: () => 1 };
      case 'throw nonsense':
        // eslint-disable-next-line @typescript-eslint/only-throw-error
        throw null;
      default:
        return input;
    }
  };
}

const FINAL = ['execution.completed', 'execution.failed', 'execution.cancelled', 'execution.timed_out'];

async function endOf({ dispatcher, clock }: Harness, executionId: string) {
  for (;;) {
    const execution = await dispatcher.wait(executionId, { waitMs: 0 });
    if (execution.finishedAt !== null) return execution;
    await clock.advance(5);
  }
}

/** `a[1]["b.c"].d` as its parts. */
function partsOf(path: string): (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)].map(
    ([, index, quoted, plain]) =>
      index !== undefined
        ? Number(index)
        : quoted !== undefined
          ? (JSON.parse(quoted) as string)
          : (plain ?? ''),
  );
}

/** Whether all of a path is there but, at most, its last part. */
function leadsSomewhere(root: unknown, { path }: Problem): boolean {
  const parts = partsOf(path);
  let value = root;
  for (const [place, part] of parts.entries()) {
    if (typeof value !== 'object' || value === null) return false;
    if (!Object.hasOwn(value, part)) return place === parts.length - 1;
    value = (value as Record<string | number, unknown>)[part];
  }
  return true;
}

it('what is accepted ends once, whatever its agents do; what is refused is told where; validate agrees', async () => {
  const seen = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(
      document,
      acts,
      fc.option(fc.nat(15), { freq: 2 }),
      async (workflow, plan, cancelAfter) => {
        const harness = await makeHarness({
          agents: { work: actor(plan) },
          maxConcurrentSteps: 2,
          abortGraceMs: 10,
          pool: { size: { min: 4 } },
        });
        const { dispatcher } = harness;
        const problems = await dispatcher.validate(workflow);
        if (problems.length > 0) {
          seen.refused++;
          const error = await rejection(dispatcher.submit(workflow));
          expect(error).toBeInstanceOf(ValidationError);
          expect((error as unknown as ValidationError).problems).toEqual(problems);
          for (const problem of problems) {
            expect(problem.message).not.toBe('');
            expect({ problem, there: leadsSomewhere({ workflow }, problem) }).toEqual({
              problem,
              there: true,
            });
          }
          await closeHarnesses();
          return;
        }
        seen.accepted++;
        const handle = await dispatcher.submit(workflow);
        if (cancelAfter !== null) {
          for (let left = cancelAfter; left > 0; left--) await turn();
          await handle.cancel().catch(() => undefined);
        }
        const execution = await endOf(harness, handle.executionId);
        expect(['completed', 'failed', 'cancelled', 'timed_out']).toContain(execution.status);
        const events = await collect(handle.events());
        expect(events.filter(({ type }) => FINAL.includes(type))).toHaveLength(1);
        expect(events.at(-1)?.type).toBe(`execution.${execution.status}`);
        for (const { status } of Object.values(execution.steps)) expect(status).not.toBe('running');
        expect([harness.leases(), harness.clock.timerCount]).toEqual([0, 0]);
        await closeHarnesses();
      },
    ),
    { numRuns: 200 },
  );
  // A generator that makes nothing but one of the two proves nothing.
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(20);
}, 60_000);

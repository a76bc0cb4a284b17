import fc from 'fast-check';
import type { StepInput } from '../document/workflow.js';

type Behaviour = 'ok' | 'fail' | 'flaky' | 'never';

export interface RandomStep {
  id: string;
  dependsOn: string[];
  /** `flaky` succeeds at its second attempt, `never` at none, `fail` says that trying again is no use. */
  behaviour: Behaviour;
  onError: 'fail' | 'continue' | 'skip';
  wanted: boolean;
}

const SIZE = 8;

/** Small DAGs: each step may depend on any before it. */
export const randomSteps: fc.Arbitrary<RandomStep[]> = fc
  .array(
    fc.record({
      behaviour: fc.oneof(
        { weight: 4, arbitrary: fc.constant<Behaviour>('ok') },
        fc.constantFrom<Behaviour>('fail', 'flaky', 'never'),
      ),
      onError: fc.constantFrom('fail' as const, 'continue' as const, 'skip' as const),
      wanted: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
      links: fc.array(fc.nat(SIZE - 1), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: SIZE },
  )
  .map((steps) =>
    steps.map(({ links, ...step }, place) => ({
      ...step,
      id: `s${place}`,
      dependsOn: [...new Set(links.filter((link) => link < place))].map((link) => `s${link}`),
    })),
  );

export function toStep({ id, dependsOn, onError, wanted }: RandomStep): StepInput {
  const when = wanted ? undefined : '{% false %}';
  const retry = { maxAttempts: 2, baseDelayMs: 1, maxDelayMs: 1 };
  return { id, capability: 'work', dependsOn, onError, retry, ...(when === undefined ? {} : { when }) };
}

/** How a step ends when nothing stops the execution: the rules, written once more. */
export function expectedOutcomes(
  steps: readonly RandomStep[],
): Map<string, 'completed' | 'failed' | 'skipped'> {
  const outcomes = new Map<string, 'completed' | 'failed' | 'skipped'>();
  const dropped = new Set<string>();
  for (const { id, dependsOn, behaviour, onError, wanted } of steps) {
    if (dependsOn.some((dependency) => dropped.has(dependency))) {
      outcomes.set(id, 'skipped');
      dropped.add(id);
    } else if (!wanted) {
      outcomes.set(id, 'skipped');
    } else if (behaviour === 'ok' || behaviour === 'flaky') {
      outcomes.set(id, 'completed');
    } else {
      outcomes.set(id, 'failed');
      if (onError === 'skip') dropped.add(id);
    }
  }
  return outcomes;
}

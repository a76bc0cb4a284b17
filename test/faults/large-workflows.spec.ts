/** Workflows far larger than usual, in documents that are right and in documents that are not. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAX_LOOP_LAG_MS, loopLag } from '../helpers/loop-lag.js';
import { expectProblem } from '../helpers/problems.js';
import { ROOT, startService, type Service } from '../helpers/service.js';
import { functionPool } from '../helpers/workflows.js';

const STEPS = 10_000;
const ONE_MORE = join(ROOT, 'test/fixtures/one-more-agent.mjs');
const id = (place: number): string => `s${place}`;
const steps = (make: (place: number) => object, count = STEPS): object[] =>
  Array.from({ length: count }, (_, place) => ({ id: id(place), capability: 'c', ...make(place) }));
const middle = Array.from({ length: STEPS - 2 }, (_, place) => id(place + 1));

/** Each with the output of its last step. */
const SHAPES: [shape: string, steps: object[], last: unknown][] = [
  ['a fan-out', steps(() => ({})), 1],
  [
    'a chain',
    steps((place) =>
      place === 0 ? {} : { dependsOn: [id(place - 1)], input: `{% $steps.${id(place - 1)}.output %}` },
    ),
    STEPS,
  ],
  [
    'a diamond',
    steps((place) => ({
      dependsOn: place === 0 ? [] : place === STEPS - 1 ? middle : [id(0)],
      input: place === 0 ? null : `{% $steps.${place === STEPS - 1 ? id(STEPS / 2) : id(0)}.output %}`,
    })),
    3,
  ],
  ['a fan-out of engine expressions', steps((place) => ({ input: `{% 1 + ${place} %}` })), STEPS + 1],
];

describe('FAULTS 44: a 10,000-step workflow', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: {
        dispatch: { maxSteps: STEPS, maxConcurrentSteps: 64 },
        pools: [
          functionPool('local'),
          { capability: 'c', kind: 'function', module: ONE_MORE, size: { min: 64 } },
        ],
      },
    });
  });

  it.each(SHAPES)(
    'that is %s is run whole, and keeps nobody from the event loop',
    async (_shape, all, last) => {
      const lag = await loopLag(service.client, async () => {
        const execution = await service.client.run({ id: 'large', steps: all }, { input: {} });
        expect(execution.status).toBe('completed');
        const records = Object.values(execution.steps);
        expect(records).toHaveLength(STEPS);
        expect(records.every(({ status, attempts }) => status === 'completed' && attempts === 1)).toBe(true);
        expect(records.at(-1)?.output).toBe(last);
      });
      expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
    },
  );

  it('keeps nobody from the event loop when ten clients post one at once, and health is answered', async () => {
    const lag = await loopLag(service.client, async () => {
      let open = 10;
      const bad = (place: number): object => ({
        id: `bad-${place}`,
        // The last one has no pool: the whole of it is compiled, and then refused.
        steps: steps(
          (at) => ({ input: `{% $input & ${at} %}`, ...(at === 1_499 ? { capability: 'nobody' } : {}) }),
          1_500,
        ),
      });
      const posts = Array.from({ length: open }, async (_, place) => {
        const answer = await service.client.post('/v1/executions', { workflow: bad(place) });
        open--;
        expectProblem(answer, 400, 'VALIDATION_FAILED');
        expect(answer.json.errors).toEqual([
          { path: 'workflow.steps[1499].capability', message: 'no pool provides "nobody"' },
        ]);
      });
      while (open > 0) expect((await service.client.get('/health')).status).toBe(200);
      await Promise.all(posts);
    });
    expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
  });

  it('keeps nobody from the event loop when its many readers come back for what they missed', async () => {
    const { executionId } = await service.client.run({ id: 'large', steps: steps(() => ({})) });
    const path = `/v1/executions/${executionId}/events`;
    const { text } = await service.client.get(path);
    const last = [...text.matchAll(/^id: (.*)$/gm)].at(-1)?.[1] ?? '';
    const lag = await loopLag(service.client, async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => service.client.get(path, { headers: { 'last-event-id': last } })),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
    });
    expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
  });

  it('keeps nobody from the event loop when it is to be retried again and again', async () => {
    const { executionId } = await service.client.run({ id: 'large', steps: steps(() => ({})) });
    const lag = await loopLag(service.client, async () => {
      const retries = Array.from({ length: 20 }, () =>
        service.client.post(`/v1/executions/${executionId}/retry`),
      );
      for (const answer of await Promise.all(retries)) expectProblem(answer, 409, 'EXECUTION_NOT_RETRYABLE');
    });
    expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
  });

  it('does not make a small one wait until it is compiled', async () => {
    const order: string[] = [];
    const large = service.client
      .submit({ id: 'large', steps: steps((place) => ({ input: `{% 2 + ${place} %}` })) })
      .then(() => order.push('large'));
    // It is here by now, and being compiled for as long again at least.
    await sleep(200);
    const small = service.client
      .submit({ id: 'small', steps: [{ id: 'a', capability: 'c', input: '{% 2 * 2 %}' }] })
      .then(() => order.push('small'));
    await Promise.all([large, small]);
    expect(order).toEqual(['small', 'large']);
  });

  it('is refused when it has more steps than allowed, with that and nothing else', async () => {
    const answer = await service.client.post('/v1/executions', {
      workflow: { id: 'w', steps: steps(() => ({}), STEPS + 1) },
    });
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.json.errors).toEqual([
      { path: 'workflow.steps', message: `${STEPS + 1} steps are more than ${STEPS}` },
    ]);
  });

  it('is refused when its expressions would fill the memory', async () => {
    // The parser copies what is left of each ?: so that a short text is a large tree.
    const doubled = `{% ${'('.repeat(10)}a${' ?: 1)'.repeat(10)} %}`;
    const input = Array.from({ length: 1_000 }, () => doubled);
    const lag = await loopLag(service.client, async () => {
      const answer = await service.client.post('/v1/executions', {
        workflow: { id: 'w', steps: [{ id: 'a', capability: 'c', input }] },
      });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(answer.json.errors[0].message).toBe('expressions of more than 100100 parts');
    });
    expect(lag).toBeLessThan(MAX_LOOP_LAG_MS);
  });
});

describe('FAULTS 43: a graph that is none', () => {
  let service: Service;

  beforeAll(async () => {
    service = await startService({
      lifetime: 'file',
      config: { dispatch: { maxSteps: STEPS }, pools: [functionPool('c')] },
    });
  });

  const errorsOf = async (all: object[]): Promise<{ path: string; message: string }[]> => {
    const answer = await service.client.post('/v1/executions', { workflow: { id: 'w', steps: all } });
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    return answer.json.errors as { path: string; message: string }[];
  };

  it('has its cycles named, step by step', async () => {
    const errors = await errorsOf([
      { id: 'a', capability: 'c', dependsOn: ['c'] },
      { id: 'b', capability: 'c', dependsOn: ['a'] },
      { id: 'c', capability: 'c', dependsOn: ['b'] },
      { id: 'd', capability: 'c', dependsOn: ['d'] },
      { id: 'e', capability: 'c', dependsOn: ['c'] },
    ]);
    expect(errors).toHaveLength(2);
    const cycle = errors.find(({ message }) => message.includes('cycle'));
    expect(cycle?.message).toMatch(/a → c → b → a|c → b → a → c|b → a → c → b/);
    expect(errors.find(({ path }) => path === 'workflow.steps[3].dependsOn[0]')?.message).toContain('itself');
  });

  it('is refused in time when its one cycle has 10,000 steps', async () => {
    const errors = await errorsOf(steps((place) => ({ dependsOn: [id((place + 1) % STEPS)] })));
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toMatch(/closes a cycle .*\(9980 more\)/);
  });

  it('is refused in time when every step depends on what is not there, and on itself', async () => {
    const errors = await errorsOf(steps((place) => ({ dependsOn: ['nothing', id(place)] })));
    expect(errors.length).toBeLessThanOrEqual(101);
  });
});

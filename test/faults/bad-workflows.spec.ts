/** Workflows and requests that break a rule, each refused with the place of what is wrong; and odd ones that break none. */
import fc from 'fast-check';
import type { Answer } from '../helpers/client.js';
import { expectProblem, pathsOf } from '../helpers/problems.js';
import type { Service } from '../helpers/service.js';
import { expectUnharmed, startTarget, type Target } from '../helpers/target.js';
import { oneStep } from '../helpers/workflows.js';

const MAX_DELAY_MS = 2_147_483_647;
const step = (more: object = {}, id = 'a'): object => ({ id, capability: 'local', ...more });
const workflow = (more: object = {}): object => ({ id: 'w', steps: [step()], ...more });
const withStep = (more: object): object => ({ workflow: workflow({ steps: [step(more)] }) });
const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const NO_INTEGERS = [null, '5', 1.5, -1, true, [], {}];
const NO_TEXTS = [null, 5, true, [], {}];
const BAD_IDS = [...NO_TEXTS, '', 'x'.repeat(257), 'a\0b', '\ud800'];

/** What a request to submit is refused for, by the path of the problem. */
const REFUSED: [path: string, bodies: unknown[]][] = [
  ['', [[], 5, '"text"', 'null', 'true']],
  ['extra', [{ workflow: workflow(), extra: 1 }]],
  ['priority', [...NO_INTEGERS, 11].map((priority) => ({ workflow: workflow(), priority }))],
  [
    'timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => ({ workflow: workflow(), timeoutMs })),
  ],
  ['workflow', [{}, ...[null, 5, 'text', []].map((value) => ({ workflow: value }))]],
  ['workflow.extra', [{ workflow: workflow({ extra: 1 }) }]],
  [
    'workflow.id',
    [{ workflow: { steps: [step()] } }, ...BAD_IDS.map((id) => ({ workflow: workflow({ id }) }))],
  ],
  ['workflow.name', [...NO_TEXTS, '', 'x'.repeat(257)].map((name) => ({ workflow: workflow({ name }) }))],
  ['workflow.mode', [...NO_TEXTS, 'fast'].map((mode) => ({ workflow: workflow({ mode }) }))],
  ['workflow.priority', [...NO_INTEGERS, 11].map((priority) => ({ workflow: workflow({ priority }) }))],
  [
    'workflow.timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => ({ workflow: workflow({ timeoutMs }) })),
  ],
  ['workflow.metadata', [null, 5, 'text', []].map((metadata) => ({ workflow: workflow({ metadata }) }))],
  [
    'workflow.output',
    [
      { workflow: workflow({ output: '{% ( %}' }) },
      { workflow: workflow({ output: '{% $steps.b.output %}' }) },
    ],
  ],
  [
    'workflow.steps',
    [
      { workflow: { id: 'w' } },
      ...[null, 5, 'a', {}, []].map((steps) => ({ workflow: workflow({ steps }) })),
    ],
  ],
  ['workflow.steps[0]', [null, 5, 'a', []].map((value) => ({ workflow: workflow({ steps: [value] }) }))],
  ['workflow.steps[0].extra', [withStep({ extra: 1 })]],
  [
    'workflow.steps[0].id',
    [
      ...NO_TEXTS,
      '',
      '1a',
      'a-b',
      'a b',
      '_a',
      'é',
      'x'.repeat(65),
      'toString',
      'constructor',
      'hasOwnProperty',
      '__proto__',
    ].map((id) => ({ workflow: workflow({ steps: [step({}, id as string)] }) })),
  ],
  ['workflow.steps[1].id', [{ workflow: workflow({ steps: [step(), step()] }) }]],
  ['workflow.steps[0].name', [...NO_TEXTS, ''].map((name) => withStep({ name }))],
  [
    'workflow.steps[0].capability',
    [...BAD_IDS, 'nobody', 'LOCAL', 'toString'].map((capability) => withStep({ capability })),
  ],
  ['workflow.steps[0].dependsOn', [null, 5, 'a', {}].map((dependsOn) => withStep({ dependsOn }))],
  [
    'workflow.steps[0].dependsOn[0]',
    [['a'], ['b'], [5], ['__proto__'], ['toString']].map((dependsOn) => withStep({ dependsOn })),
  ],
  [
    'workflow.steps[1].dependsOn[1]',
    [{ workflow: workflow({ steps: [step(), step({ dependsOn: ['a', 'a'] }, 'b')] }) }],
  ],
  [
    'workflow.steps[0].when',
    [...NO_TEXTS, 'true', '{% ( %}', '{% $steps.b.output %}'].map((when) => withStep({ when })),
  ],
  [
    'workflow.steps[0].input',
    ['{% ( %}', '{% $steps.a.output %}', '{% $steps.b.output %}'].map((input) => withStep({ input })),
  ],
  ['workflow.steps[0].input.x[1]', [withStep({ input: { x: [1, '{% 1 + %}'] } })]],
  [
    'workflow.steps[0].timeoutMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((timeoutMs) => withStep({ timeoutMs })),
  ],
  ['workflow.steps[0].retry', [null, 5, []].map((retry) => withStep({ retry }))],
  ['workflow.steps[0].retry.extra', [withStep({ retry: { extra: 1 } })]],
  [
    'workflow.steps[0].retry.maxAttempts',
    [...NO_INTEGERS, 0, 101].map((maxAttempts) => withStep({ retry: { maxAttempts } })),
  ],
  [
    'workflow.steps[0].retry.baseDelayMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((baseDelayMs) => withStep({ retry: { baseDelayMs } })),
  ],
  [
    'workflow.steps[0].retry.maxDelayMs',
    [...NO_INTEGERS, 0, MAX_DELAY_MS + 1].map((maxDelayMs) => withStep({ retry: { maxDelayMs } })),
  ],
  [
    'workflow.steps[0].retry.multiplier',
    [null, '2', 0, 0.5, -1, 101].map((multiplier) => withStep({ retry: { multiplier } })),
  ],
  ['workflow.steps[0].onError', [...NO_TEXTS, 'explode'].map((onError) => withStep({ onError }))],
];

let target: Target;
let service: Service;

beforeAll(async () => {
  target = await startTarget();
  service = target.service;
});

const submit = (body: unknown, headers: Record<string, string> = {}): Promise<Answer> =>
  service.client.post('/v1/executions', body, { headers });

describe('FAULTS 47: numbers, and everything else, out of their range', () => {
  it.each(REFUSED)('is refused for %j, with that path', async (path, bodies) => {
    for (const body of bodies) {
      const answer = await submit(body);
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      const paths = pathsOf(answer);
      expect({ body, paths: [...new Set(paths)] }).toEqual({ body, paths: [path] });
    }
  });

  it('is refused with every problem at once', async () => {
    const answer = await submit(
      {
        priority: 11,
        colour: 'red',
        workflow: {
          id: '',
          timeoutMs: 0,
          steps: [
            { id: 'a', capability: 'nobody', dependsOn: ['c', 'x'], retry: { maxAttempts: 0 } },
            { id: 'a', capability: 'local', when: 'yes' },
            { id: 'c', capability: 'local', dependsOn: ['a'], input: '{% ( %}', onError: 'explode' },
          ],
        },
      },
      { 'idempotency-key': 'x'.repeat(257) },
    );
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(pathsOf(answer).sort()).toEqual(
      [
        'Idempotency-Key',
        'colour',
        'priority',
        'workflow.id',
        'workflow.timeoutMs',
        'workflow.steps[0].capability',
        'workflow.steps[0].dependsOn[1]',
        'workflow.steps[0].retry.maxAttempts',
        'workflow.steps[1].id',
        'workflow.steps[1].when',
        'workflow.steps[2].dependsOn[0]',
        'workflow.steps[2].input',
        'workflow.steps[2].onError',
      ].sort(),
    );
    expect(answer.json.detail).toBe('the request has 13 problems');
  });

  it.each(['1e999', '-1e999', '1e-1', '99999999999999999999'])(
    'is refused for the number %s',
    async (number) => {
      const answer = await submit(
        `{"workflow":{"id":"w","timeoutMs":${number},"steps":[{"id":"a","capability":"local"}]}}`,
      );
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(new Set(pathsOf(answer))).toEqual(new Set(['workflow.timeoutMs']));
      const input = await submit(
        '{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}]},"input":{"x":1e999}}',
      );
      expect(pathsOf(input)).toEqual(['input.x']);
    },
  );
});

describe('FAULTS 45: values that are deep, long or many', () => {
  it.each([101, 5_000, 100_000])('is refused when its input is nested %i deep', async (depth) => {
    const asInput = await submit(`{"workflow":${JSON.stringify(workflow())},"input":${nested(depth)}}`);
    expectProblem(asInput, 400, 'VALIDATION_FAILED');
    expect(pathsOf(asInput)).toHaveLength(1);
    const ofStep = await submit(
      `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local","input":${nested(depth)}}]}}`,
    );
    expectProblem(ofStep, 400, 'VALIDATION_FAILED');
    const asWorkflow = await submit(`{"workflow":${nested(depth)}}`);
    expectProblem(asWorkflow, 400, 'VALIDATION_FAILED');
  });

  it('may hold a lot of data, and has its many problems counted', async () => {
    const items = `[${Array(400_000).fill('1').join(',')}]`;
    expect((await submit(`{"workflow":${JSON.stringify(workflow())},"input":${items}}`)).status).toBe(202);
    const answer = await submit(`{"workflow":{"id":"w","steps":${items}}}`);
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.json.errors.length).toBeLessThan(1_001);
  });

  it('is refused when it is an object nested 20,000 deep, wherever it stands', async () => {
    const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
    for (const part of ['output', 'metadata']) {
      const answer = await submit(
        `{"workflow":{"id":"w","steps":[{"id":"a","capability":"local"}],"${part}":${deep}}}`,
      );
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(pathsOf(answer)).toHaveLength(1);
    }
  });

  it('may hold a string of 1 MB, which comes back intact', async () => {
    const text = '✓'.repeat(300_000);
    const execution = await service.client.run(oneStep('local', '{% $input %}'), { input: text });
    expect(execution.input).toBe(text);
    expect(execution.steps.only?.output).toEqual({ echo: text });
  });
});

describe('FAULTS 46: odd ids', () => {
  it.each([
    'ünïcödé ✓',
    '‮rtl',
    'e\u0301',
    '\u00e9',
    '👩‍🚀',
    'a:b',
    '0:',
    '123',
    '../..',
    'a\r\nX-Evil: 1',
    ' ',
    'x'.repeat(256),
  ])('may be named %j, which comes back intact', async (id) => {
    const execution = await service.client.run({ ...oneStep('local'), id });
    expect(execution).toMatchObject({ workflowId: id, status: 'completed' });
    const { items } = await service.client.list(`?workflowId=${encodeURIComponent(id)}`);
    expect(items.map(({ executionId }) => executionId)).toEqual([execution.executionId]);
  });

  it('are two workflows when they look the same and are not', async () => {
    const [composed, decomposed] = ['caf\u00e9', 'cafe\u0301'];
    const execution = await service.client.run({ ...oneStep('local'), id: composed });
    await service.client.run({ ...oneStep('local'), id: decomposed });
    const { items } = await service.client.list(`?workflowId=${encodeURIComponent(composed)}`);
    expect(items.map(({ executionId }) => executionId)).toEqual([execution.executionId]);
  });

  it('may be an idempotency key, each its own', async () => {
    const keys = [
      'caf\u00e9',
      'a:b',
      '0:',
      '123',
      '../..',
      '__proto__',
      'toString',
      ' x ',
      'x',
      'x'.repeat(256),
    ];
    const ids = new Set<string>();
    for (const key of keys) {
      const answer = await submit({ workflow: workflow() }, { 'idempotency-key': key });
      expect(answer.status).toBe(202);
      ids.add(answer.json.executionId as string);
    }
    // HTTP takes the blanks around a header's value away.
    expect(ids.size).toBe(keys.length - 1);
  });

  it.each(['\0', 'x'.repeat(257), 'x'.repeat(100_000), '', '\ud800'])(
    'are refused as the id of a workflow or a capability, never shortened',
    async (id) => {
      const answer = await submit({ workflow: { id, steps: [{ id: 'a', capability: id }] } });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(pathsOf(answer)).toEqual(
        expect.arrayContaining(['workflow.id', 'workflow.steps[0].capability']),
      );
    },
  );

  it.each([
    ['✓ ‮ \r\n 👩‍🚀', 404, 'EXECUTION_NOT_FOUND'],
    ['../../etc/passwd', 404, 'EXECUTION_NOT_FOUND'],
    ['__proto__', 404, 'EXECUTION_NOT_FOUND'],
    ['a\0b', 400, 'VALIDATION_FAILED'],
    ['x'.repeat(257), 400, 'VALIDATION_FAILED'],
    ['x'.repeat(10_000), 414, 'URI_TOO_LONG'],
    ['x'.repeat(100_000), 431, 'HEADERS_TOO_LARGE'],
  ])('are answered with a problem as the id of an execution: %.20j', async (id, status, code) => {
    expectProblem(await service.client.get(`/v1/executions/${encodeURIComponent(id)}`), status, code);
  });

  it('add no line to the log', () => {
    expect(service.output).not.toMatch(/X-Evil|etc\/passwd/);
  });
});

describe('FAULTS 42: whatever it is', () => {
  it('never fails the service, whatever it is', async () => {
    const keys = fc.constantFrom(
      'id',
      'steps',
      'capability',
      'dependsOn',
      'input',
      'retry',
      'when',
      'output',
      'metadata',
      'constructor',
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom<unknown>(
          null,
          true,
          -1,
          1e308,
          '',
          'a',
          'local',
          'toString',
          '{% $input %}',
          '{% $steps.a.output %}',
          '{% (',
        ),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(keys, tie('any'), { maxKeys: 4 }),
      ),
    })).any;
    const bodies = fc.sample(fc.tuple(value, value, value), 300).flatMap(([first, second, third]) => [
      { workflow: first, input: second },
      {
        workflow: {
          id: 'w',
          steps: [{ id: 'a', capability: 'local', input: first, when: second }],
          output: third,
        },
      },
      { workflow: { id: 'w', steps: [first, second], metadata: third } },
    ]);
    const statuses = new Set<number>();
    for (let at = 0; at < bodies.length; at += 20) {
      const answers = await Promise.all(bodies.slice(at, at + 20).map((body) => submit(body)));
      for (const { status } of answers) statuses.add(status);
    }
    expect([...statuses].sort()).toEqual([202, 400]);
  });
});

describe('after all of this the service', () => {
  it('is ready, clean and no larger', () => expectUnharmed(target));
});

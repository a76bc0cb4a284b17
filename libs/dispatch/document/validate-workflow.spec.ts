import * as fc from 'fast-check';
import { ValidationError, type Problem } from '#core';
import type { CompiledWorkflow } from './compiled-workflow.js';
import { MAX_EXPRESSIONS, MAX_EXPRESSIONS_PER_STEP, validateWorkflow } from './validate-workflow.js';
import type { WorkflowChecks } from './workflow-checks.js';

/** A document that is valid, but for what a test changes. */
function makeDocument(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'repository-brief',
    steps: [
      { id: 'read', capability: 'files', input: { path: '{% $input.path %}' } },
      { id: 'stats', capability: 'text', dependsOn: ['read'], input: '{% $steps.read.output %}' },
    ],
    ...changes,
  };
}

function makeStep(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: 'one', capability: 'c', ...changes };
}

function withStep(changes: Record<string, unknown>): Record<string, unknown> {
  return makeDocument({ steps: [makeStep(changes)] });
}

/** Steps that do nothing but depend on each other: `{ a: ['b'] }`. */
function makeGraph(dependsOn: Record<string, readonly string[]>): Record<string, unknown> {
  return makeDocument({
    steps: Object.entries(dependsOn).map(([id, ids]) => makeStep({ id, dependsOn: ids })),
  });
}

function problemsOf(raw: unknown, checks?: WorkflowChecks): readonly Problem[] {
  try {
    validateWorkflow(raw, checks);
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.problems;
    throw error;
  }
}

function pathsOf(raw: unknown, checks?: WorkflowChecks): string[] {
  return problemsOf(raw, checks).map(({ path }) => path);
}

function idsOf({ steps }: CompiledWorkflow): string[] {
  return steps.map(({ id }) => id);
}

describe('a valid workflow', () => {
  it('gets its defaults, but for those that depend on who runs it', () => {
    const { document } = validateWorkflow(makeDocument({ steps: [makeStep()] }));
    expect(document).toStrictEqual({
      id: 'repository-brief',
      steps: [
        {
          id: 'one',
          capability: 'c',
          input: {},
          dependsOn: [],
          retry: { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 10_000, multiplier: 2 },
          onError: 'fail',
        },
      ],
      metadata: {},
    });
  });

  it('is the one of the design', () => {
    const document = {
      id: 'repository-brief',
      name: 'Repository brief',
      mode: 'adaptive',
      priority: 5,
      timeoutMs: 60_000,
      steps: [
        {
          id: 'read',
          name: 'Read the README',
          capability: 'files',
          input: { tool: 'read_text_file', arguments: { path: '{% $input.path %}' } },
        },
        {
          id: 'stats',
          capability: 'text-stats',
          dependsOn: ['read'],
          input: { text: '{% $steps.read.output.content %}' },
          timeoutMs: 5_000,
          retry: { maxAttempts: 3, baseDelayMs: 1_000, maxDelayMs: 10_000, multiplier: 2 },
          when: "{% $steps.read.output.content != '' %}",
          onError: 'fail',
        },
      ],
      output: { words: '{% $steps.stats.output.words %}' },
      metadata: {},
    };
    const { steps, output } = validateWorkflow(document, { capabilities: () => true, maxSteps: 2 });
    const scope = {
      input: { path: '/a' },
      steps: { read: { output: { content: 'x y' } }, stats: { output: { words: 2 } } },
      execution: {},
    };
    expect(steps[0]?.input.evaluate(scope, { timeoutMs: 100 })).toEqual({
      tool: 'read_text_file',
      arguments: { path: '/a' },
    });
    expect(steps[1]?.when?.evaluate(scope, { timeoutMs: 100 })).toBe(true);
    expect(output?.evaluate(scope, { timeoutMs: 100 })).toEqual({ words: 2 });
    expect(steps[1]).toMatchObject({ index: 1, capability: 'text-stats', timeoutMs: 5_000, onError: 'fail' });
  });

  it('shares nothing with what was handed in, and is frozen', () => {
    const raw = withStep({ input: { list: [1] } });
    const { document, steps } = validateWorkflow(raw);
    (raw.steps as { input: { list: number[] } }[])[0]!.input.list.push(2);
    expect(steps[0]?.input.evaluate({ input: null, steps: {}, execution: {} }, { timeoutMs: 100 })).toEqual({
      list: [1],
    });
    expect(() => (document.steps[0]!.input as { list: number[] }).list.push(3)).toThrow(TypeError);
    expect(Object.isFrozen(document.metadata)).toBe(true);
  });

  it('may leave out optional properties by setting them to undefined', () => {
    expect(problemsOf(makeDocument({ name: undefined, output: undefined }))).toEqual([]);
  });

  it('takes every bound itself', () => {
    for (const priority of [0, 10]) expect(problemsOf(makeDocument({ priority }))).toEqual([]);
    for (const timeoutMs of [1, 2_147_483_647]) {
      expect(problemsOf(makeDocument({ timeoutMs }))).toEqual([]);
      expect(problemsOf(withStep({ timeoutMs }))).toEqual([]);
    }
    for (const maxAttempts of [1, 100]) expect(problemsOf(withStep({ retry: { maxAttempts } }))).toEqual([]);
    expect(problemsOf(makeDocument({ id: 'ü:../\r\n😀'.repeat(20) }))).toEqual([]);
    expect(problemsOf(withStep({ id: 'A'.repeat(64) }))).toEqual([]);
  });
});

describe('a document of a wrong shape', () => {
  const numbers = [
    -1,
    0.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    '5',
    null,
    Number.NEGATIVE_INFINITY,
    5n,
    [],
  ];

  it.each<[object, string]>([
    ...numbers.map((priority) => [{ priority }, 'priority'] as [object, string]),
    ...[0, ...numbers].map((timeoutMs) => [{ timeoutMs }, 'timeoutMs'] as [object, string]),
    [{ priority: 11 }, 'priority'],
    [{ mode: 'fast' }, 'mode'],
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(257) }, 'name'],
    [{ id: '' }, 'id'],
    [{ id: 'a\0' }, 'id'],
    [{ id: 'x'.repeat(257) }, 'id'],
    [{ id: 5 }, 'id'],
    [{ steps: [] }, 'steps'],
    [{ steps: {} }, 'steps'],
    [{ steps: undefined }, 'steps'],
    [{ metadata: [] }, 'metadata'],
    [{ metadata: 'x' }, 'metadata'],
    [{ metadata: { a: Number.NaN } }, 'metadata.a'],
    [{ metadata: new Date(0) }, 'metadata'],
    [{ output: { a: () => 1 } }, 'output.a'],
    [{ output: Symbol('x') }, 'output'],
    [{ extra: 1 }, 'extra'],
    [{ toString: 1 }, 'toString'],
    [JSON.parse('{"__proto__": {"polluted": 1}}') as object, '__proto__'],
  ])('is refused: %o', (changes: object, path: string) => {
    // Not by a spread, which would lose a key named __proto__.
    const raw = makeDocument();
    for (const key of Object.keys(changes)) {
      Object.defineProperty(raw, key, {
        value: (changes as Record<string, unknown>)[key],
        enumerable: true,
        writable: true,
      });
    }
    expect(pathsOf(raw)).toEqual([path]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it.each<[object, string]>([
    ...[0, ...numbers].map((timeoutMs) => [{ timeoutMs }, 'timeoutMs'] as [object, string]),
    ...[0, 101, ...numbers].map(
      (maxAttempts) => [{ retry: { maxAttempts } }, 'retry.maxAttempts'] as [object, string],
    ),
    ...[0, ...numbers].map(
      (baseDelayMs) => [{ retry: { baseDelayMs } }, 'retry.baseDelayMs'] as [object, string],
    ),
    [{ retry: { multiplier: 0.5 } }, 'retry.multiplier'],
    [{ retry: { jitter: 1 } }, 'retry.jitter'],
    [{ retry: null }, 'retry'],
    [{ onError: 'retry' }, 'onError'],
    [{ capability: '' }, 'capability'],
    [{ capability: undefined }, 'capability'],
    [{ when: true }, 'when'],
    [{ when: '$input.x' }, 'when'],
    [{ when: ' {% true %}' }, 'when'],
    [{ when: '{% 1 + %}' }, 'when'],
    [{ dependsOn: 'a' }, 'dependsOn'],
    [{ dependsOn: [1] }, 'dependsOn[0]'],
    [{ dependsOn: { 0: 'a' } }, 'dependsOn'],
    [{ input: { a: Number.NaN } }, 'input.a'],
    [{ input: { a: [undefined] } }, 'input.a[0]'],
    [{ input: { a: new Map() } }, 'input.a'],
    [{ input: JSON.parse('{"a": {"__proto__": 1}}') as object }, 'input.a.__proto__'],
    [{ input: { a: '{% $input. %}' } }, 'input.a'],
    [{ extra: 1 }, 'extra'],
    [{ name: 5 }, 'name'],
  ])('is refused for a step with %o', (changes: object, path: string) => {
    expect(pathsOf(withStep({ ...changes }))).toEqual([`steps[0].${path}`]);
  });

  it.each([
    '',
    '1a',
    'a-b',
    'a b',
    'ä',
    'x'.repeat(65),
    '$a',
    '_a',
    'a\n',
    'toString',
    'constructor',
    'hasOwnProperty',
    '__proto__',
    5,
    null,
  ])('is refused for the step id %j', (id) => {
    expect(pathsOf(withStep({ id }))).toEqual(expect.arrayContaining(['steps[0].id']));
  });

  it('is refused for what pretends to have a length', () => {
    const id = JSON.parse('{"length": {"toString": 1, "valueOf": 1}}') as unknown;
    expect(problemsOf(makeDocument({ id }))).toHaveLength(1);
    expect(pathsOf(withStep({ capability: id, when: id, dependsOn: id }))).toEqual(['steps[0]']);
  });

  it.each([undefined, null, 1, 'x', [], new Date(), () => 1, Symbol('x')])(
    'is refused when it is %p',
    (raw) => {
      expect(problemsOf(raw)).not.toEqual([]);
    },
  );

  it('is refused for a cycle of objects and for any nesting, without an end to the stack', () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    expect(problemsOf(withStep({ input: cycle }))).toEqual([
      {
        path: expect.stringContaining('steps[0].input.self'),
        message: expect.any(String),
      },
    ]);
    let deep: unknown = 1;
    for (let level = 0; level < 100_000; level++) deep = [deep];
    for (const raw of [
      withStep({ input: deep }),
      makeDocument({ output: deep }),
      makeDocument({ id: deep }),
      deep,
    ]) {
      expect(problemsOf(raw)).toHaveLength(problemsOf(raw).length || 1);
      expect(problemsOf(raw).length).toBeGreaterThan(0);
    }
  });
});

describe('every problem', () => {
  it('is told at once, of shape and of meaning, one step hiding none of another', () => {
    const raw = makeDocument({
      priority: 11,
      extra: true,
      steps: [
        { id: 'a', capability: 'files', timeoutMs: 0, dependsOn: ['b'] },
        { id: 'b', capability: 'nobody', dependsOn: ['a', 'ghost', 'b', 'a'] },
        { id: 'a', capability: 'files', input: { bad: '{% ( %}', far: '{% $steps.nowhere %}' } },
        'no step',
        { id: 'late', capability: 'files', when: '{% $steps.b.output %}' },
      ],
      output: ['{% $steps.unknown.output %}'],
    });
    const problems = problemsOf(raw, {
      capabilities: (name) => name === 'files',
      maxSteps: 5,
      prefix: ['workflow'],
    });
    expect(problems.map(({ path, message }) => `${path}: ${message}`).sort()).toEqual([
      expect.stringContaining('workflow.extra: unknown key'),
      expect.stringContaining('workflow.output[0]: $steps.unknown: there is no step "unknown"'),
      expect.stringContaining('workflow.priority: '),
      expect.stringContaining('workflow.steps[0].timeoutMs: '),
      expect.stringContaining('workflow.steps[1].capability: no pool provides "nobody"'),
      expect.stringContaining(
        'workflow.steps[1].dependsOn[0]: closes a cycle (each depends on the next): a → b → a',
      ),
      expect.stringContaining('workflow.steps[1].dependsOn[1]: there is no step "ghost"'),
      expect.stringContaining('workflow.steps[1].dependsOn[2]: a step cannot depend on itself'),
      expect.stringContaining('workflow.steps[1].dependsOn[3]: "a" is listed twice'),
      expect.stringContaining('workflow.steps[2].id: "a" is the id of steps[0] already'),
      expect.stringContaining('workflow.steps[2].input.bad: '),
      expect.stringContaining('workflow.steps[2].input.far: $steps.nowhere: there is no step "nowhere"'),
      expect.stringContaining('workflow.steps[3]: '),
    ]);
  });

  it('is counted beyond the hundredth', () => {
    const problems = problemsOf(makeDocument({ steps: Array.from({ length: 150 }, () => 'no step') }));
    expect(problems).toHaveLength(101);
    expect(problems.at(-1)).toEqual({ path: '', message: 'and 50 more problem(s)' });
  });

  it('is too many expressions, of which no more are compiled', () => {
    const most = MAX_EXPRESSIONS + MAX_EXPRESSIONS_PER_STEP;
    const input = Array.from({ length: most + 2 }, () => '{% $input %}');
    expect(problemsOf(withStep({ input: input.slice(0, most) }))).toEqual([]);
    expect(problemsOf(withStep({ input }))).toEqual([
      { path: `steps[0].input[${most}]`, message: `more than ${most} expressions` },
    ]);
  });

  it('is looked for in no further expression once the list is full', () => {
    const input = Array.from({ length: 100_000 }, () => '{% ( %}');
    expect(problemsOf(withStep({ input }))).toHaveLength(100);
  });

  it('is found in bounded work when there are a million', () => {
    const raw = withStep({ dependsOn: Array.from({ length: 500_000 }, () => 1) });
    expect(problemsOf(raw)).toHaveLength(100);
    expect(
      pathsOf(makeDocument({ steps: Array.from({ length: 300_000 }, () => 1) }), { maxSteps: 50 }),
    ).toHaveLength(51);
  });
});

describe('too many steps', () => {
  it('are refused, with what is wrong with the shape of those that would be allowed', () => {
    const steps = [makeStep({ id: 'a' }), makeStep({ id: 'b', extra: 1 }), makeStep({ id: 'c', extra: 1 })];
    expect(problemsOf(makeDocument({ steps }), { maxSteps: 2 })).toEqual([
      { path: 'steps', message: '3 steps are more than 2' },
      { path: 'steps[1].extra', message: 'unknown key' },
    ]);
    expect(pathsOf(makeDocument({ steps }), { maxSteps: 3 })).toEqual(['steps[1].extra', 'steps[2].extra']);
  });
});

describe('the order of steps', () => {
  it("is the document's where that is one", () => {
    expect(idsOf(validateWorkflow(makeGraph({ a: [], b: ['a'], c: [], d: ['b', 'c'], e: [] })))).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
  });

  it('puts what a step depends on right before it otherwise', () => {
    const { steps } = validateWorkflow(makeGraph({ a: ['d'], b: [], c: ['a'], d: [] }));
    expect(
      steps.map(({ id, index, dependsOn, dependents }) => ({ id, index, dependsOn, dependents })),
    ).toEqual([
      { id: 'd', index: 0, dependsOn: [], dependents: [1] },
      { id: 'a', index: 1, dependsOn: [0], dependents: [3] },
      { id: 'b', index: 2, dependsOn: [], dependents: [] },
      { id: 'c', index: 3, dependsOn: [1], dependents: [] },
    ]);
  });

  it.each([
    ['a chain', (place: number) => (place === 0 ? [] : [place - 1])],
    ['a chain, backwards', (place: number) => (place === 9_999 ? [] : [place + 1])],
    ['a fan', (place: number) => (place === 0 ? [] : [0])],
    ['diamonds', (place: number) => [place - 1, place - 2].filter((other) => other >= 0)],
  ])('is found for 10,000 steps: %s', (_name, dependsOn) => {
    const id = (place: number): string => `s${place}`;
    const steps = Array.from({ length: 10_000 }, (_, place) =>
      makeStep({
        id: id(place),
        dependsOn: dependsOn(place).map(id),
        input: {
          first: dependsOn(place).length > 0 ? `{% $steps.${id(dependsOn(place)[0]!)}.output %}` : null,
        },
      }),
    );
    const startedMs = performance.now();
    const compiled = validateWorkflow(makeDocument({ steps }));
    expect(performance.now() - startedMs).toBeLessThan(5_000);
    expect(compiled.steps.every((step) => step.dependsOn.every((other) => other < step.index))).toBe(true);
  });

  it('is refused for a cycle of 10,000 steps, which is named by its ends', () => {
    const steps = Array.from({ length: 10_000 }, (_, place) =>
      makeStep({ id: `s${place}`, dependsOn: [`s${(place + 1) % 10_000}`] }),
    );
    const [problem, ...others] = problemsOf(makeDocument({ steps }));
    expect(others).toEqual([]);
    expect(problem?.message).toContain('s0 → s1 → ');
    expect(problem?.message).toContain(' → (9980 more) → ');
    expect(problem?.message.endsWith('s9999 → s0')).toBe(true);
  });
});

describe('what expressions read', () => {
  it.each([
    ['{% $steps.a.output %}', ['a'], null],
    ['{% $steps.a.output %}', ['b'], null],
    ['{% $steps.a.output %}', [], 'the step does not depend on "a"'],
    ['{% $exists($steps.b.error) ? 1 : $steps.a %}', ['b'], null],
    ['{% $exists($steps.b.error) %}', ['a'], 'the step does not depend on "b"'],
    ['{% $steps.late.output %}', ['a'], 'a step cannot read itself'],
    ['{% $steps.ghost.output %}', ['a'], 'there is no step "ghost"'],
    ['{% $lookup($steps, "ghost") %}', [], null],
    ['{% $steps.* %}', [], null],
    ['{% $map([1], function($steps){ $steps.ghost }) %}', [], null],
  ])('%s by a step that depends on %j: %s', (expression, dependsOn, message) => {
    const steps = [makeStep({ id: 'a' }), makeStep({ id: 'b', dependsOn: ['a'] })];
    for (const key of ['input', 'when']) {
      const late = makeStep({ id: 'late', dependsOn, [key]: expression });
      const problems = problemsOf(makeDocument({ steps: [...steps, late] }));
      expect(problems).toEqual(
        message === null ? [] : [{ path: `steps[2].${key}`, message: expect.stringContaining(message) }],
      );
    }
  });

  it('may be any step in the output', () => {
    const steps = [makeStep({ id: 'a' }), makeStep({ id: 'b' })];
    expect(problemsOf(makeDocument({ steps, output: '{% $steps.a.output + $steps.b.output %}' }))).toEqual(
      [],
    );
  });

  it('is checked over any distance, for more than 32 steps at once', () => {
    const chain = Array.from({ length: 70 }, (_, place) =>
      makeStep({ id: `s${place}`, dependsOn: place === 0 ? [] : [`s${place - 1}`] }),
    );
    const all = Object.fromEntries(chain.map(({ id }) => [id, `{% $steps.${String(id)}.output %}`]));
    const last = makeStep({ id: 'last', dependsOn: ['s69'], input: all });
    expect(problemsOf(makeDocument({ steps: [...chain, last] }))).toEqual([]);
    const early = makeStep({ id: 'early', dependsOn: ['s34'], input: all });
    const expected = chain.slice(35).map(({ id }) => `steps[70].input.${String(id)}`);
    expect(pathsOf(makeDocument({ steps: [...chain, early] })).sort()).toEqual(expected.sort());
  });
});

describe('any document', () => {
  /** For each node those it depends on, all of them nodes of smaller numbers. */
  const dag = fc
    .integer({ min: 1, max: 30 })
    .chain((size) =>
      fc.tuple(
        ...Array.from({ length: size }, (_, node) =>
          node === 0 ? fc.constant([]) : fc.uniqueArray(fc.nat(node - 1), { maxLength: 4 }),
        ),
      ),
    );

  function documentOf(
    edges: readonly (readonly number[])[],
    places: readonly number[],
  ): Record<string, unknown> {
    return makeDocument({
      steps: places.map((node) =>
        makeStep({ id: `n${node}`, dependsOn: edges[node]!.map((other) => `n${other}`) }),
      ),
    });
  }

  const shuffled = dag.chain((edges) =>
    fc.tuple(
      fc.constant(edges),
      fc.shuffledSubarray([...edges.keys()], { minLength: edges.length, maxLength: edges.length }),
    ),
  );

  it('without a cycle gets a topological order, its own if it has one', () => {
    fc.assert(
      fc.property(shuffled, ([edges, places]) => {
        const compiled = validateWorkflow(documentOf(edges, places));
        expect(compiled.steps).toHaveLength(edges.length);
        for (const step of compiled.steps) {
          const expected = edges[Number(step.id.slice(1))]!.map((node) => `n${node}`);
          expect(step.dependsOn.map((index) => compiled.steps[index]!.id)).toEqual(expected);
          for (const index of step.dependsOn) {
            expect(index).toBeLessThan(step.index);
            expect(compiled.steps[index]!.dependents).toContain(step.index);
          }
        }
        const sorted = [...edges.keys()];
        expect(idsOf(validateWorkflow(documentOf(edges, sorted)))).toEqual(sorted.map((node) => `n${node}`));
      }),
    );
  });

  it('with an edge back to a step that depends on it is refused, by a cycle that there is', () => {
    fc.assert(
      fc.property(shuffled, fc.nat(), fc.nat(), ([edges, places], from, hops) => {
        let to = from % edges.length;
        for (let hop = 0; hop <= hops % 5; hop++) to = edges[to]?.[0] ?? to;
        fc.pre(to !== from % edges.length);
        const cyclic = edges.map((targets, node) =>
          node === to ? [...targets, from % edges.length] : targets,
        );
        const problems = problemsOf(documentOf(cyclic, places));
        expect(problems.length).toBeGreaterThan(0);
        for (const { path, message } of problems) {
          const nodes = message
            .split(': ')[1]!
            .split(' → ')
            .map((id) => Number(id.slice(1)));
          expect(nodes[0]).toBe(nodes.at(-1));
          for (const [place, node] of nodes.slice(0, -1).entries())
            expect(cyclic[node]).toContain(nodes[place + 1]);
          expect(path).toMatch(/^steps\[\d+\]\.dependsOn\[\d+\]$/);
        }
      }),
    );
  });

  it('is accepted or refused by a ValidationError, however it was mangled', () => {
    const junk = fc.oneof(
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
      }),
      fc.constantFrom(
        '{% $input %}',
        '{% ( %}',
        '{% $steps.read %}',
        'read',
        'toString',
        '__proto__',
        -0,
        Number.NEGATIVE_INFINITY,
        {},
        [],
      ),
    );
    const keys = [
      'id',
      'name',
      'mode',
      'priority',
      'timeoutMs',
      'steps',
      'output',
      'metadata',
      'capability',
      'input',
      'dependsOn',
      'when',
      'retry',
      'onError',
      '__proto__',
      'constructor',
      '0',
      '1',
      'length',
    ];
    const mutation = fc.record({
      hops: fc.array(fc.nat(20), { maxLength: 4 }),
      key: fc.constantFrom(...keys),
      value: junk,
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const raw = structuredClone(makeDocument());
        for (const { hops, key, value: shared } of mutations) {
          const value: unknown = structuredClone(shared);
          let target: unknown = raw;
          for (const hop of hops) {
            const children = Object.values(target as object).filter(
              (child) => typeof child === 'object' && child !== null,
            );
            target = children[hop % (children.length || 1)] ?? target;
          }
          // An array's length takes numbers only; and an array with a constructor of its own cannot even be printed.
          if (Array.isArray(target) && (key === 'length' || key === 'constructor')) continue;
          Object.defineProperty(target, key, { value, enumerable: true, writable: true, configurable: true });
        }
        problemsOf(raw, { capabilities: (name) => name.length < 10, maxSteps: 3, prefix: ['workflow'] });
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../run-cli.js';
import { makeCli } from '../testing/make-cli.js';
import { DocumentFile } from './document-file.js';

describe('DocumentFile', () => {
  it.each([
    ['steps: []', 'workflow'],
    ['id: x', 'workflow'],
    ['{"workflow": {}, "priority": 1}', 'request'],
    ['pools: []', 'configuration'],
    ['http: {}', 'configuration'],
    ['{}', undefined],
    ['', undefined],
    ['- a', undefined],
  ])('%j is a %s', (text, kind) => {
    expect(new DocumentFile('f', text).kind).toBe(kind);
  });

  it.each([
    ['in YAML', 'workflow:\n  steps:\n    - id: a\n    - id: b\n      "x.y": {}\n'],
    ['in JSON', '{"workflow":\n  {"steps":\n    [{"id": "a"},\n    { "id": "b",\n      "x.y": {}}]\n}}'],
  ])('tells where a problem is %s: at its key, or where it is missing', (_, text) => {
    const file = new DocumentFile('f.yaml', text);
    const at = (path: string) => /^f\.yaml:(\d+):\d+ /.exec(file.locate({ path, message: 'm' }))?.[1];
    expect(at('workflow.steps[0].id')).toBe('3');
    expect(at('workflow.steps[1].id')).toBe('4');
    expect(at('workflow.steps[1].capability')).toBe('4');
    expect(at('workflow.steps[1]["x.y"].z')).toBe('5');
    expect(at('workflow.id')).toBe('1');
    expect(at('workflow.steps[9]')).toBe('2');
    expect(at('')).toBe('1');
  });

  it('shows what it found on one line that commands no terminal', () => {
    const line = new DocumentFile('f', 'a: 1').locate({ path: 'a', message: 'x\u001b[2J\ny' });
    expect(line).toBe('f:1:1 a x\\u001b[2J y');
  });
});

describe('orchestra validate', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'validate-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function validate(files: Record<string, string>, ...args: string[]) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const cli = makeCli({ cwd: folder });
    const names = args.length > 0 ? args : Object.keys(files);
    const code = await runCli(['validate', ...names], cli);
    return { code, out: cli.stdout.text.split('\n'), errors: cli.stderr.text.split('\n').slice(0, -1) };
  }

  const WORKFLOW = `id: w
steps:
  - id: a
    capability: one
    dependsOn: [b]
  - id: b
    capability: two
    dependsOn: [a]
    timeoutMs: 0
    colour: red
  - id: c
`;

  it('lists every problem of a workflow with its place', async () => {
    const { code, errors } = await validate({ 'w.yaml': WORKFLOW });
    expect(code).toBe(1);
    expect(errors.map((line) => line.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'w.yaml:10:5 steps[1].colour',
      'w.yaml:11:5 steps[2].capability',
      'w.yaml:8:17 steps[1].dependsOn[0]',
      'w.yaml:9:5 steps[1].timeoutMs',
    ]);
  });

  it('lists those of a request together, and knows the pools of the configuration beside it', async () => {
    const request = `{\n  "workflow": {"id": "w", "steps": [{"id": "a",\n    "capability": "nope"}]},\n  "priority": 11\n}`;
    const files = {
      'r.json': request,
      'orchestra.config.yaml': 'pools: [{capability: one, kind: function, module: x.js}]',
    };
    const { code, errors } = await validate(files, 'r.json');
    expect(code).toBe(1);
    expect(errors).toEqual([
      expect.stringMatching(/^r\.json:4:3 priority /),
      'r.json:3:5 workflow.steps[0].capability no pool provides "nope"',
    ]);
  });

  it('says of what is valid what it is, and what was not looked at', async () => {
    const workflow = 'id: w\nsteps: [{id: a, capability: anything}]\n';
    const files = {
      'w.yaml': workflow,
      'r.yaml': 'workflow: {id: w, steps: [{id: a, capability: b}]}',
      'c.yaml': 'pools: []',
    };
    expect(await validate(files)).toEqual({
      code: 0,
      out: [
        'w.yaml: valid workflow (no configuration: capabilities were not checked)',
        'r.yaml: valid request (no configuration: capabilities were not checked)',
        'c.yaml: valid configuration',
        '',
      ],
      errors: [],
    });
  });

  it.each([
    ['a key that stands twice', 'id: w\nsteps: []\nid: v\n', 'f.yaml:3:1 Map keys must be unique'],
    ['a bracket that is open', 'steps: [1\n', /^f\.yaml:2:1 Flow sequence/],
    ['a tag that nobody knows', 'id: !env HOME\n', 'f.yaml:1:5 Unresolved tag: !env'],
    ['the keys of nothing', 'foo: 1\n', /^f\.yaml:1:1 has the keys of no workflow/],
    ['nothing', '', /^f\.yaml:1:1 has the keys of no/],
  ])('tells of %s', async (_, text, expected) => {
    const { code, errors } = await validate({ 'f.yaml': text });
    expect(code).toBe(1);
    expect(errors).toHaveLength(1);
    if (typeof expected === 'string') expect(errors[0]).toBe(expected);
    else expect(errors[0]).toMatch(expected);
  });

  it('survives endless brackets, and does not go on about them', async () => {
    const { code, errors } = await validate({ 'f.yaml': '['.repeat(50_000) });
    expect(code).toBe(1);
    expect(errors.length).toBeLessThanOrEqual(100);
  });

  it('lists the problems of a configuration, as the service would', async () => {
    const config = 'driver: paper\nhttp:\n  host: 0.0.0.0\npools:\n  - capability: a\n    kind: fish\n';
    const { code, errors } = await validate({ 'c.yaml': config });
    expect(code).toBe(1);
    expect(errors.map((line) => line.split(' ').slice(0, 2).join(' ')).sort()).toEqual([
      'c.yaml:1:1 driver',
      'c.yaml:3:3 http.host',
      'c.yaml:6:5 pools[0].kind',
    ]);
  });

  it('says which file is missing', async () => {
    const { code, errors } = await validate({}, 'nowhere.yaml');
    expect(code).toBe(1);
    expect(errors).toEqual(['nowhere.yaml: there is no such file']);
  });
});

describe('orchestra init', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'init-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes what is valid, and nothing over what is there', async () => {
    const first = makeCli({ cwd: folder });
    expect(await runCli(['init'], first)).toBe(0);
    const names = first.stdout.text.trim().split('\n');
    expect(names).toEqual(['orchestra.config.yaml', 'workflows/hello.yaml', 'agents/greet.mjs']);

    const check = makeCli({ cwd: folder });
    expect(await runCli(['validate', ...names.slice(0, 2)], check)).toBe(0);
    expect(check.stdout.text).toBe(
      'orchestra.config.yaml: valid configuration\nworkflows/hello.yaml: valid workflow\n',
    );

    rmSync(join(folder, 'agents/greet.mjs'));
    writeFileSync(join(folder, 'orchestra.config.yaml'), 'mine');
    const again = makeCli({ cwd: folder });
    expect(await runCli(['init'], again)).toBe(1);
    expect(again.stderr.text).toMatch(/--force.*\n- orchestra\.config\.yaml\n- workflows\/hello\.yaml\n$/);
    expect(await runCli(['validate', 'orchestra.config.yaml'], makeCli({ cwd: folder }))).toBe(1);

    expect(await runCli(['init', '--force'], makeCli({ cwd: folder }))).toBe(0);
    expect(await runCli(['validate', 'orchestra.config.yaml'], makeCli({ cwd: folder }))).toBe(0);
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Execution } from '#dispatch';
import { CLI, CliProcess, orchestra, type CliExit } from './helpers/cli.js';
import { eventually } from './helpers/eventually.js';
import { ROOT, startService } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

/** Waits, and tells what it is doing in more ways than one. */
const NOISY = `export default async function ({ input }, { signal, progress }) {
  console.log('a word on the console \\u001b[2J');
  progress({ progress: 1, total: 2, message: 'half \\u001b]0;title\\u0007 way' });
  signal.throwIfAborted();
  return { said: input, colour: '\\u001b[31mred \\u009b2J' };
}`;

/** Never stops talking. */
const CHATTY = `import { setTimeout as sleep } from 'node:timers/promises';
export default async function (task, { signal }) {
  for (;;) {
    console.log('still here');
    await sleep(20, undefined, { signal });
  }
}`;

describe('orchestra run', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
    write('noisy.mjs', NOISY);
    write('chatty.mjs', CHATTY);
    write('deaf.mjs', 'export default () => new Promise((resolve) => setTimeout(resolve, 60_000));');
    write(
      'orchestra.config.yaml',
      JSON.stringify({
        dispatch: { abortGraceMs: 300 },
        pools: [
          functionPool('obey'),
          { capability: 'noisy', kind: 'function', module: 'noisy.mjs' },
          { capability: 'deaf', kind: 'function', module: 'deaf.mjs' },
          { capability: 'chatty', kind: 'function', module: 'chatty.mjs' },
          { capability: 'missing', kind: 'function', module: 'nowhere.mjs' },
        ],
      }),
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(name: string, content: unknown): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }

  const run = (...args: string[]): Promise<CliExit> => orchestra(['run', ...args], { cwd: folder });

  it('prints the output alone on stdout, and what happens on stderr', async () => {
    write('w.json', {
      ...oneStep('noisy', { a: '{% $input.a %}' }),
      output: '{% $steps.only.output.said %}',
    });
    const { code, stdout, stderr } = await run('w.json', '--input', '{"a":1}');
    expect({ code, stdout: JSON.parse(stdout) as unknown }).toEqual({ code: 0, stdout: { a: 1 } });
    const said = 'a word on the console \\u001b[2J';
    expect(stderr.split('\n')).toContain(said);
    expect(stderr.split('\n').filter((line) => line !== said)).toEqual([
      expect.stringMatching(/^execution \S+ of one-step queued$/),
      'execution started (parallel-coordinated)',
      expect.stringMatching(/^only: started, attempt 1 \(agent \S+\)$/),
      'only: 1/2 half \\u001b]0;title\\u0007 way',
      expect.stringMatching(/^only: completed in \d+ ms$/),
      expect.stringMatching(/^execution completed in \d+ ms$/),
      '',
    ]);
  });

  it('prints the whole execution with --json, which commands no terminal and is the JSON it was', async () => {
    write('w.json', oneStep('noisy', 5));
    const { code, stdout } = await run('w.json', '--json');
    expect(code).toBe(0);
    // eslint-disable-next-line no-control-regex -- that is what it is about
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    const { status, steps } = JSON.parse(stdout) as Execution;
    expect(status).toBe('completed');
    expect(steps.only?.output).toEqual({ said: 5, colour: '\u001b[31mred \u009b2J' });
  });

  it('reads a request from stdin, and what the options say wins over it', async () => {
    const request = `workflow:\n  id: w\n  steps: [{id: a, capability: obey, input: "{% $input %}"}]\ninput: {from: file}\npriority: 1\n`;
    write('input.yaml', 'from: the other file\n');
    const args = ['run', '-', '--json', '--input', '@input.yaml', '--priority', '7', '--timeout-ms', '5000'];
    const { code, stdout } = await orchestra(args, { cwd: folder, stdin: request });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      input: { from: 'the other file' },
      priority: 7,
      timeoutMs: 5_000,
      steps: { a: { output: { echo: { from: 'the other file' } } } },
    });
  });

  it('starts no agent that the workflow does not ask for', async () => {
    write('w.json', oneStep('obey'));
    const { code, stderr } = await run('w.json');
    expect(code).toBe(0);
    expect(stderr).not.toContain('nowhere.mjs');
  });

  it('tells of an agent that cannot be made, and ends with 1 when the time is over', async () => {
    write('w.json', oneStep('missing'));
    const { code, stderr } = await run('w.json', '--timeout-ms', '1500');
    expect(code).toBe(1);
    expect(stderr).toMatch(/agent \S+ could not be made, again in .*nowhere\.mjs/);
    expect(stderr).toMatch(/execution \S+ timed_out: EXECUTION_TIMEOUT [^\n]*\n$/);
  });

  it('ends with 1 when a step fails, and says why', async () => {
    write('w.json', oneStep('obey', { do: 'throw', message: 'bad \u001b[2J luck' }));
    const { code, stdout, stderr } = await run('w.json');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('only: failed: AGENT_ERROR bad \\u001b[2J luck\n');
    expect(stderr).not.toContain('\u001b');
  });

  it('refuses a workflow with every problem in its place', async () => {
    write('w.yaml', 'id: w\nsteps:\n  - id: a\n    capability: nope\n    timeoutMs: 0\n');
    expect(await run('w.yaml', '--priority', '3')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'w.yaml:5:5 steps[0].timeoutMs Too small: expected number to be >=1\n' +
        'w.yaml:4:5 steps[0].capability no pool provides "nope"\n',
    });
    write('c.yaml', 'pools: []');
    expect((await run('c.yaml')).stderr).toMatch(/^c\.yaml must be a workflow/);
  });

  describe('Ctrl-C', () => {
    const interrupt = async (capability: string, input: object): Promise<CliProcess> => {
      write('w.json', oneStep(capability, input));
      const cli = new CliProcess(['run', 'w.json'], { cwd: folder });
      await eventually(() => cli.stderr.includes('only: started'), { within: 20_000, what: 'the start' });
      cli.child.kill('SIGINT');
      await eventually(() => cli.stderr.includes('Ctrl-C again'), { what: 'the cancel' });
      return cli;
    };

    it('cancels the execution and waits for its end; the code is 130', async () => {
      const cli = await interrupt('obey', { do: 'sleep', ms: 60_000 });
      // The same Ctrl-C, passed on by whoever started us, is no second one.
      cli.child.kill('SIGINT');
      const { code, stderr } = await cli.exit();
      expect(code).toBe(130);
      expect(stderr).toContain('only: cancelled\n');
      expect(stderr).toMatch(/execution \S+ cancelled: EXECUTION_CANCELLED/);
    });

    it('leaves at once the second time', async () => {
      write(
        'orchestra.config.yaml',
        JSON.stringify({
          dispatch: { abortGraceMs: 60_000 },
          pools: [{ capability: 'deaf', kind: 'function', module: 'deaf.mjs' }],
        }),
      );
      const cli = await interrupt('deaf', {});
      await new Promise((resolve) => setTimeout(resolve, 300));
      cli.child.kill('SIGINT');
      const { code, stderr } = await cli.exit(5_000);
      expect(code).toBe(130);
      expect(stderr).not.toContain('execution cancelled');
    });

    it('stops a thread that loops for ever', async () => {
      const module = join(ROOT, 'test/fixtures/thread-agent.mjs');
      const pool = { capability: 'thread', kind: 'thread', module, abortGraceMs: 100 };
      write('orchestra.config.yaml', JSON.stringify({ pools: [pool] }));
      const note = join(folder, 'loops');
      write('w.json', oneStep('thread', { do: 'loop', note }));
      const cli = new CliProcess(['run', 'w.json'], { cwd: folder });
      await eventually(() => existsSync(note), { within: 20_000, what: 'the loop' });
      cli.child.kill('SIGINT');
      const { code, stderr } = await cli.exit(10_000);
      expect(code).toBe(130);
      expect(stderr).toContain('only: cancelled\n');
      expect(stderr).not.toContain('ignored an abort');

      write('w.json', oneStep('thread', { do: 'exit', code: 9 }));
      const lost = await run('w.json');
      expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('only: failed: AGENT_LOST') });
      write('w.json', { ...oneStep('thread', 'hello'), output: '{% $steps.only.output.echo %}' });
      expect(await run('w.json')).toMatchObject({ code: 0, stdout: 'hello\n' });
    });

    it('as SIGTERM ends with 143', async () => {
      write('w.json', oneStep('deaf'));
      const cli = new CliProcess(['run', 'w.json'], { cwd: folder });
      await eventually(() => cli.stderr.includes('only: started'), { within: 20_000, what: 'the start' });
      cli.child.kill('SIGTERM');
      expect((await cli.exit()).code).toBe(143);
    });
  });

  it('ends quietly when nobody reads any more, and does not leave the execution running', async () => {
    write('w.json', oneStep('chatty'));
    const cli = new CliProcess(['run', 'w.json'], { cwd: folder });
    await eventually(() => cli.stderr.includes('still here'), { within: 20_000, what: 'the start' });
    cli.child.stdout?.destroy();
    cli.child.stderr?.destroy();
    expect((await cli.exit()).code).toBe(141);
  });
});

describe('orchestra and a service', () => {
  it('submit, watch, list, cancel, retry and agents speak with it', async () => {
    const service = await startService({ config: { pools: [functionPool('obey')] } });
    const call = (args: string[], stdin = '') =>
      orchestra([...args, '--url', service.url], { cwd: service.folder, stdin });
    const long = JSON.stringify(oneStep('obey', { do: 'sleep', ms: 60_000 }));

    const submitted = await call(['submit', '-'], long);
    const id = submitted.stdout.trim();
    expect(submitted).toMatchObject({ code: 0, stderr: `pending; follow it with: orchestra watch ${id}\n` });
    const listed = await call(['list', '--workflow', 'one-step']);
    expect(listed.stdout).toMatch(new RegExp(`^EXECUTION .*\\n${id} +one-step +(pending|running)`));
    expect(await call(['cancel', id, '--reason', 'enough'])).toMatchObject({ code: 0, stderr: '' });
    await service.client.finished(id);
    expect(await call(['cancel', id])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^EXECUTION_FINISHED: /),
    });
    expect(await call(['retry', id])).toMatchObject({ code: 0, stdout: `${id} runs again (pending)\n` });
    expect((await call(['agents'])).stdout).toMatch(/^POOL .*\nobey +function +healthy/);

    const refused = await call(['submit', '-'], '{"id": "w", "steps": [{"id": "a", "capability": "nope"}]}');
    expect(refused).toMatchObject({
      code: 1,
      stderr: '<stdin>:1:35 steps[0].capability no pool provides "nope"\n',
    });
  });

  it('serve starts it where the options say, and ends as it does', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    writeFileSync(join(folder, 'other.yaml'), 'http: {port: 1}\n');
    const cli = new CliProcess(['serve', '--config', 'other.yaml', '--port', '0', '--host', '127.0.0.1'], {
      cwd: folder,
    });
    await eventually(() => /listens on http:\/\/127\.0\.0\.1:\d{2,} .*other\.yaml/.test(cli.stdout), {
      within: 20_000,
      what: 'the start',
    });
    cli.child.kill('SIGTERM');
    expect((await cli.exit()).code).toBe(0);
    expect(await orchestra(['serve', '--config', 'nowhere.yaml'], { cwd: folder })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/nowhere\.yaml.*\n- there is no such file\n$/),
    });
    rmSync(folder, { recursive: true });
  });
});

describe('the program', () => {
  it('is executable, and says what it is and does', async () => {
    expect(readFileSync(CLI, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(execFileSync(CLI, ['--version'], { encoding: 'utf8' })).toBe(`${version}\n`);
    const loaded = execFileSync(CLI, ['--help'], { encoding: 'utf8' });
    expect(loaded).toContain('Usage: orchestra');
  });

  it('runs what init writes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    expect((await orchestra(['init', 'first'], { cwd: folder })).code).toBe(0);
    const args = ['run', 'workflows/hello.yaml', '--input', '{"name":"Ada"}'];
    const { code, stdout } = await orchestra(args, { cwd: join(folder, 'first') });
    expect([code, stdout]).toEqual([0, 'Hello, Ada! Hallo, Ada!\n']);
    rmSync(folder, { recursive: true });
  });
});

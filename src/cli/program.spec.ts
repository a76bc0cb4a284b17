import { makeProgram } from './program.js';
import { runCli } from './run-cli.js';
import { Interrupts } from './interrupts.js';
import { makeCli } from './testing/make-cli.js';

async function orchestra(...args: string[]) {
  const cli = makeCli();
  const code = await runCli(args, cli);
  return { code, out: cli.stdout.text, errors: cli.stderr.text };
}

describe('the command line', () => {
  const names = makeProgram(makeCli()).commands.flatMap((command) => [
    command.name(),
    ...command.commands.map((part) => `${command.name()} ${part.name()}`),
  ]);

  it.each(names)('%s --help ends with an example of it', async (name) => {
    const { code, out } = await orchestra(...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toMatch(
      new RegExp(
        `\\nExample:\\n {2}orchestra ${name} [^\\n]*\\n$|\\nExample:\\n {2}orchestra ${name}[^\\n]*\\n$`,
      ),
    );
  });

  it('tells its version', async () => {
    expect(await orchestra('--version')).toEqual({ code: 0, out: '1.2.3\n', errors: '' });
  });

  it.each([
    ['no command', []],
    ['an unknown command', ['frobnicate']],
    ['an unknown option', ['list', '--colour']],
    ['a missing file', ['run']],
    ['too much', ['watch', 'a', 'b']],
    ['a port that is none', ['serve', '--port', '70000']],
    ['a priority that is none', ['run', 'x.yaml', '--priority', '1.5']],
    ['an unknown part of a command', ['queues', 'frobnicate']],
    ['a status that is none', ['queues', 'export', '-', '--status', 'done']],
    ['a time that is none', ['queues', 'retry-failed', '--since', 'yesterday']],
    ['an option of another part', ['queues', 'pause', '--dry-run']],
  ])('ends with 2 for %s, and says so on stderr', async (_, args) => {
    const { code, out, errors } = await orchestra(...args);
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(errors).not.toBe('');
  });

  it('suggests what may have been meant', async () => {
    expect((await orchestra('lsit')).errors).toContain('Did you mean list?');
  });
});

describe('interrupts', () => {
  let now = 0;
  let exit: jest.Mock;
  let interrupts: Interrupts;
  beforeEach(() => {
    now = 0;
    exit = jest.fn();
    interrupts = new Interrupts(exit as never, () => now);
  });
  afterEach(() => {
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.removeAllListeners(signal);
  });

  it('ask to stop first, and end the process the second time; a signal that comes twice at once is one', () => {
    interrupts.listen();
    expect(interrupts.exitCode()).toBeUndefined();
    process.emit('SIGINT');
    expect(interrupts.signal.aborted).toBe(true);
    expect(interrupts.exitCode()).toBe(130);
    now = 100;
    process.emit('SIGINT');
    expect(exit).not.toHaveBeenCalled();
    now = 500;
    process.emit('SIGTERM');
    expect(exit.mock.calls).toEqual([[143]]);
    expect(interrupts.exitCode()).toBe(130);
  });

  it('are nobody’s business until a command listens', () => {
    interrupts.interrupted('SIGPIPE');
    expect(interrupts.signal.aborted).toBe(false);
    expect(process.listenerCount('SIGINT')).toBe(0);
  });

  it('end no process because its readers have gone', () => {
    interrupts.listen();
    interrupts.interrupted('SIGPIPE');
    now = 1_000;
    interrupts.interrupted('SIGPIPE');
    expect(interrupts.exitCode()).toBe(141);
    expect(exit).not.toHaveBeenCalled();
  });
});

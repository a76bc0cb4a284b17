import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from './helpers/eventually.js';
import { childrenOf, isAlive } from './helpers/processes.js';
import { ROOT } from './helpers/service.js';

describe('npm start', () => {
  let npm: ChildProcess | undefined;

  afterEach(() => {
    if (npm?.pid !== undefined) for (const pid of childrenOf(npm.pid)) process.kill(pid, 'SIGKILL');
    npm?.kill('SIGKILL');
  });

  it('hands its SIGTERM to the service, which ends it with code 0 and leaves no process behind', async () => {
    npm = spawn('npm', ['start'], {
      cwd: ROOT,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    npm.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    // It builds first, where the sources are newer.
    const isThere = (): boolean => output.includes('listens on http://127.0.0.1:');
    await eventually(isThere, { what: 'the start', within: 60_000 });
    const services = childrenOf(npm.pid ?? 0);
    expect(services).toHaveLength(1);

    npm.kill('SIGTERM');
    const [code] = (await once(npm, 'exit')) as [number | null];
    expect(code).toBe(0);
    expect(services.filter(isAlive)).toEqual([]);
  }, 70_000);
});

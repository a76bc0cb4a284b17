import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './helpers/eventually.js';
import { ROOT } from './helpers/service.js';

const run = promisify(execFile);
const limits = { cwd: ROOT, timeout: 40_000 };

/** What the README of an example says in its code blocks and backquotes. */
const readme = (name: string): string => readFileSync(join(ROOT, `examples/${name}/README.md`), 'utf8');

describe('the examples', () => {
  beforeAll(async () => {
    const tsc = require.resolve('typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', 'examples/tsconfig.build.json'], limits);
  });

  it('are compiled by the script that their README names', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['examples']).toContain('tsc -p examples/tsconfig.build.json');
    for (const name of ['embedded', 'one-module']) {
      expect(readme(name)).toContain(`npm run examples\nnode var/examples/${name}/main.js\n`);
    }
  });

  it('one-module prints what its README says, and ends', async () => {
    const { stdout, stderr } = await run(process.execPath, ['var/examples/one-module/main.js'], limits);
    const [, printed] = /prints `(.*)`/.exec(readme('one-module')) ?? [];
    expect({ stdout, stderr }).toEqual({ stdout: `${printed}\n`, stderr: '' });
  });

  describe('embedded', () => {
    let child: ChildProcess;
    let output = '';
    let url = '';

    beforeAll(async () => {
      child = spawn(process.execPath, ['var/examples/embedded/main.js'], {
        cwd: ROOT,
        env: { ...process.env, PORT: '0' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
      await eventually(
        () => {
          url = /listens on (\S+)/.exec(output)?.[1] ?? '';
          return url !== '';
        },
        { within: 20_000, what: 'the start of the example' },
      );
    });
    afterAll(() => child.kill('SIGKILL'));

    it('answers the call of its README as it says', async () => {
      const text = readme('embedded');
      const [command = ''] = /^curl .*$/m.exec(text) ?? [];
      const [, answer = ''] = /answers `(.*?)`/.exec(text) ?? [];
      const { stdout } = await run('sh', ['-c', command.replace('http://127.0.0.1:3000', url)], limits);
      expect(JSON.parse(stdout)).toEqual(JSON.parse(answer));
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toContain('orchestra_executions_finished_total{status="completed"} 1');
    });

    it('refuses what is no list of texts', async () => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${url}/texts/measure`, { method: 'POST', headers, body: '{"texts":[]}' });
      expect(answer.status).toBe(400);
      await answer.text();
    });

    it('ends with its signal', async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
      expect(output).toBe(`listens on ${url}\n`);
    });
  });
});

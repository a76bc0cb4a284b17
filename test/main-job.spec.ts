import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Execution } from '#dispatch';
import { childrenOf, isAlive } from './helpers/processes.js';
import { eventually } from './helpers/eventually.js';
import { ROOT, startService, type Service } from './helpers/service.js';

const run = promisify(execFile);
const read = (name: string): string => readFileSync(join(ROOT, name), 'utf8');

interface Manifest {
  version: string;
  dependencies: object;
  devDependencies: object;
}

const REPORT = join(ROOT, 'var/repository-brief.md');

/** What the report says of a file, from the file itself. */
function row(path: string): string {
  const text = read(path);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu)?.length ?? 0;
  return `| ${path} | ${lines} | ${words} | ${statSync(join(ROOT, path)).size} |`;
}

describe('the main job: a real workflow on real agents, as the README has it', () => {
  let service: Service;
  let servers: number[];
  let execution: Execution;

  beforeAll(async () => {
    rmSync(REPORT, { force: true });
    service = await startService({ cwd: ROOT, env: { PORT: '0' }, lifetime: 'file' });
    servers = childrenOf(service.pid);
    const curl = /^curl .*repository-brief\/request\.json$/m.exec(read('README.md'))?.[0] ?? '';
    expect(curl).toContain('http://127.0.0.1:3000/');
    // The very line, but for the port: another service may have the usual one.
    const command = curl.replace('http://127.0.0.1:3000', service.url);
    const { stdout } = await run('sh', ['-c', command], { cwd: ROOT, timeout: 40_000, maxBuffer: 1e8 });
    execution = JSON.parse(stdout) as Execution;
  }, 60_000);

  it('completes all ten steps', () => {
    expect(execution).toMatchObject({ workflowId: 'repository-brief', status: 'completed', error: null });
    const steps = Object.entries(execution.steps);
    expect(steps).toHaveLength(10);
    for (const [id, { status, attempts, agentId, error }] of steps) {
      expect({ id, status, attempts, error }).toEqual({ id, status: 'completed', attempts: 1, error: null });
      expect(agentId).toEqual(expect.any(String));
    }
  });

  it('reports the real figures of this repository', () => {
    const { report, words } = execution.output as { report: string; words: number };
    const manifest = JSON.parse(read('package.json')) as Manifest;
    expect(report).toContain(`# nest-orchestra ${manifest.version}\n`);
    const rows = ['README.md', 'CHANGELOG.md', 'package.json'].map(row);
    for (const line of rows) expect(report).toContain(line);
    expect(words).toBe(rows.reduce((sum, line) => sum + Number(line.split(' | ')[2]), 0));
    const dependencies = Object.keys(manifest.dependencies).length;
    const devDependencies = Object.keys(manifest.devDependencies).length;
    expect(report).toContain(`${dependencies} dependencies, ${devDependencies} for development`);
    const folders = readdirSync(ROOT, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    // Others may put a file there while the tests run; folders stay.
    expect(report).toMatch(
      new RegExp(`^(${folders.length - 1}|${folders.length}) folders and \\d+ files at the top`, 'm'),
    );
    const prose = read('README.md').replace(/^(`{3,})[^]*?^\1$/gm, '');
    for (const [, title] of prose.matchAll(/^## (.+)$/gm)) expect(report).toContain(`- ${title}`);
  });

  it('saves the report', () => {
    expect(readFileSync(REPORT, 'utf8')).toBe((execution.output as { report: string }).report);
  });

  it('leaves no MCP server behind', async () => {
    expect(servers).toHaveLength(2);
    expect(servers.every(isAlive)).toBe(true);
    const { code, stderr } = await service.stop();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await eventually(() => !servers.some(isAlive), { what: 'the end of the MCP servers' });
  });
});

describe('the MCP servers of a service that is killed', () => {
  it('end by themselves', async () => {
    const service = await startService({ cwd: ROOT, env: { PORT: '0' } });
    const servers = childrenOf(service.pid);
    expect(servers).toHaveLength(2);
    await service.stop('SIGKILL');
    await eventually(() => !servers.some(isAlive), { what: 'the end of the MCP servers' });
  });
});

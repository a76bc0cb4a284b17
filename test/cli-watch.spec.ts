import { rmSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CliProcess, type CliExit } from './helpers/cli.js';
import { EventReader } from './helpers/event-reader.js';
import { eventually } from './helpers/eventually.js';
import { startService, type Service } from './helpers/service.js';
import { functionPool, oneStep } from './helpers/workflows.js';

const POOLS = [functionPool('obey', { size: { min: 2 } })];
const LONG = oneStep('obey', { do: 'sleep', ms: 60_000 });
const SHORT = oneStep('obey', { do: 'sleep', ms: 1_000 }, { timeoutMs: 30_000 });

/** All lines of an execution of one step, from the first event on. */
const wholeStory = (executionId: string) => [
  `execution ${executionId} of one-step queued`,
  'execution started (parallel-coordinated)',
  expect.stringMatching(/^only: started, attempt 1 \(agent \S+\)$/),
  expect.stringMatching(/^only: completed in [\d.]+ m?s$/),
  expect.stringMatching(/^execution completed in [\d.]+ m?s$/),
  '',
];

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'cli-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function start(service: Service, args: string[], stdin = ''): CliProcess {
  return new CliProcess([...args, '--url', service.url], { cwd: folder, stdin });
}

const isShown = (cli: CliProcess, text: string): Promise<unknown> =>
  eventually(() => cli.stderr.includes(text), { within: 20_000, what: `"${text}"` });

/** A watch of an execution whose step has started. */
async function watchLong(service: Service): Promise<{ cli: CliProcess; executionId: string }> {
  const executionId = await service.client.submit(LONG);
  const cli = start(service, ['watch', executionId]);
  await isShown(cli, 'only: started');
  return { cli, executionId };
}

describe('orchestra watch', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService({ config: { pools: POOLS }, lifetime: 'file' });
  });

  const run = (args: string[], stdin = ''): Promise<CliExit> => start(service, args, stdin).exit();

  it('shows an execution as it goes, and ends with its output and 0', async () => {
    const executionId = await service.client.submit({
      ...SHORT,
      output: '{% "slept " & $steps.only.output.slept %}',
    });
    const { code, stdout, stderr } = await run(['watch', executionId]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'slept 1000\n' });
    expect(stderr.split('\n')).toEqual(wholeStory(executionId));
  });

  it('shows one that has finished from its beginning', async () => {
    const { executionId } = await service.client.run(oneStep('obey'));
    const { code, stdout, stderr } = await run(['watch', executionId, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ executionId, status: 'completed' });
    expect(stderr.split('\n')).toEqual(wholeStory(executionId));
  });

  it('ends with 1 when the execution fails, or somebody cancels it', async () => {
    const failed = await service.client.submit(oneStep('obey', { do: 'throw', message: 'bad luck' }));
    expect(await run(['watch', failed])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`only: failed: AGENT_ERROR bad luck\n[^]*execution ${failed} failed: [^\n]+\n$`),
      ),
    });
    const { cli, executionId } = await watchLong(service);
    await service.client.post(`/v1/executions/${executionId}/cancel`, { reason: 'enough' });
    const { code, stderr } = await cli.exit();
    expect(code).toBe(1);
    expect(stderr).toContain(`execution ${executionId} cancelled: EXECUTION_CANCELLED`);
  });

  it('refuses one that does not exist', async () => {
    expect(await run(['watch', 'nobody'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'EXECUTION_NOT_FOUND: no execution "nobody"\n',
    });
  });

  it('ends with Ctrl-C, and the execution goes on', async () => {
    const { cli, executionId } = await watchLong(service);
    cli.child.kill('SIGINT');
    const { code, stderr } = await cli.exit(5_000);
    expect(code).toBe(130);
    expect(stderr).toMatch(new RegExp(`\nthe execution goes on: orchestra watch ${executionId}\n$`));
    const { json } = await service.client.get(`/v1/executions/${executionId}`);
    expect(json.status).toBe('running');
    await service.client.post(`/v1/executions/${executionId}/cancel`);
  });

  it('is what submit --wait does', async () => {
    const done = await run(['submit', '-', '--wait'], JSON.stringify({ ...SHORT, output: 'ready' }));
    expect(done).toMatchObject({ code: 0, stdout: 'ready\n' });
    expect(done.stderr).toMatch(/^execution \S+ of one-step queued\n[^]*\nexecution completed in [^\n]*\n$/);
    const failed = await run(
      ['submit', '-', '--wait', '--timeout-ms', '200'],
      JSON.stringify({ workflow: LONG }),
    );
    expect(failed).toMatchObject({ code: 1, stdout: '' });
    expect(failed.stderr).toMatch(/execution \S+ timed_out: EXECUTION_TIMEOUT/);
  });
});

describe('orchestra watch, when the service', () => {
  const again = (service: Service): Promise<Service> =>
    startService({ config: { http: { port: Number(new URL(service.url).port) }, pools: POOLS } });

  it('has as many streams open as it may: comes again when it was told to', async () => {
    const service = await startService({ config: { events: { maxStreams: 1 }, pools: POOLS } });
    const reader = await EventReader.open(`${service.url}/v1/events`);
    const executionId = await service.client.submit(SHORT);
    const cli = start(service, ['watch', executionId]);
    await isShown(cli, 'TOO_MANY_STREAMS: 1 event streams are open already; again in ');
    reader.vanish();
    const { code, stderr } = await cli.exit();
    expect(code).toBe(0);
    expect(stderr.split('\n').filter((line) => !line.startsWith('TOO_MANY_STREAMS'))).toEqual(
      wholeStory(executionId),
    );
  });

  it('was killed and started again: says that it has forgotten the execution', async () => {
    const service = await startService({ config: { pools: POOLS } });
    const { cli, executionId } = await watchLong(service);
    await service.stop('SIGKILL');
    await isShown(cli, 'again in ');
    await again(service);
    const { code, stdout, stderr } = await cli.exit();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/\n\S[^\n]*; again in \d[^\n]*\n/);
    expect(stderr).toMatch(
      new RegExp(`\nEXECUTION_NOT_FOUND: no execution "${executionId}"\nit was there before: [^\n]*\n$`),
    );
  });

  it('ends in order before the execution does: comes again as late as it was told to', async () => {
    const service = await startService({ config: { shutdown: { gracePeriodMs: 300 }, pools: POOLS } });
    const { cli } = await watchLong(service);
    await service.stop();
    await isShown(cli, 'again in ');
    await again(service);
    const { code, stderr } = await cli.exit();
    expect(code).toBe(1);
    expect(Number(/again in ([\d.]+) s/.exec(stderr)?.[1])).toBeGreaterThanOrEqual(5);
    expect(stderr).toContain('EXECUTION_NOT_FOUND');
  });
});

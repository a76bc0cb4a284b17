import { createHash } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { Client } from './helpers/client.js';
import { ROOT, failToStart, startService, type Exit } from './helpers/service.js';
import { functionPool, httpPool } from './helpers/workflows.js';

const SECRET = 'hunter2-canary';

/** The problems that a refused start lists on stderr, by their paths. */
function problemsOf({ code, stderr, stdout }: Exit): string[] {
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/\n\s+at /);
  return stderr.split('\n').flatMap((line) => /^- ([^:]+):/.exec(line)?.[1] ?? []);
}

describe('the start', () => {
  it('prints where the service is, its pools and how to submit the example', async () => {
    const service = await startService({ cwd: ROOT, env: { PORT: '0' }, until: 'listening' });
    const tookMs = Date.now() - service.startedAt;
    process.stdout.write(`the service listened after ${tookMs} ms\n`);
    // 3 s on a machine of its own; here other tests run beside it.
    expect(tookMs).toBeLessThan(10_000);
    expect(service.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(service.stdout.split('\n')).toEqual([
      expect.stringMatching(
        /^nest-orchestra \d+\.\d+\.\d+ listens on http:.* \(driver memory, config .*orchestra\.config\.yaml\)$/,
      ),
      `its API, with examples: ${service.url}/docs`,
      'pools:',
      '  files          mcp       2 agents, least-loaded',
      '  analyse-file   thread    2 agents, least-loaded',
      '  write-brief    function  1 agent, least-loaded',
      'submit the example:',
      `  curl -s -X POST '${service.url}/v1/executions?waitMs=30000' -H 'content-type: application/json' --data @examples/repository-brief/request.json`,
      '',
    ]);
    expect(service.stderr).toBe('');
    expect((await service.stop()).code).toBe(0);
  });

  it('needs neither a file nor pools', async () => {
    const service = await startService({ config: '', env: { PORT: '0' } });
    expect(service.stdout).toContain('no pools');
    expect(service.stdout).not.toContain('curl');
    expect((await service.client.get('/v1/pools')).json).toEqual({ items: [] });
  });

  it('reads JSON, and warns in production that memory forgets', async () => {
    const service = await startService({
      config: JSON.stringify({ http: { port: 0 }, pools: [functionPool('a', { size: { min: 2, max: 3 } })] }),
      env: { NODE_ENV: 'production' },
    });
    expect(service.stdout).toContain('  a              function  2..3 agents, least-loaded');
    expect(service.stdout).toMatch(/WARNING: .*lost/);
  });

  it('lists every problem of the configuration at once and ends with code 1', async () => {
    const exit = await failToStart({
      config: {
        driver: 'postgres',
        http: { host: '0.0.0.0', port: 70_000, colour: 'red' },
        dispatch: { maxSteps: '10' },
        pools: [
          functionPool('same'),
          httpPool('same', 'ftp://127.0.0.1/', { size: { min: 0 }, speed: 1 }),
          { capability: 'x', kind: 'mcp' },
        ],
        shutdown: { gracePeriodMs: -1 },
        sections: {},
      },
    });
    const problems = problemsOf(exit);
    expect(problems).toEqual(
      expect.arrayContaining([
        'driver',
        'http.host',
        'http.port',
        'http.colour',
        'dispatch.maxSteps',
        'pools[1].capability',
        'pools[1].url',
        'pools[1].size.min',
        'pools[1].speed',
        'shutdown.gracePeriodMs',
        'sections',
      ]),
    );
    expect(problems.some((path) => path.startsWith('pools[2]'))).toBe(true);
    expect(exit.stderr).toContain(`${problems.length} problem(s)`);
  });

  it('lists every problem of the environment, by the name of the variable, and shows no secret', async () => {
    const exit = await failToStart({
      env: {
        HOST: '0.0.0.0',
        PORT: '99999',
        LOG_LEVEL: 'loud',
        ORCHESTRA_DRIVER: 'redis',
        ORCHESTRA_API_KEYS: `${SECRET},ci:${SECRET}:read`,
      },
    });
    problemsOf(exit);
    for (const variable of ['PORT', 'LOG_LEVEL', 'ORCHESTRA_DRIVER', 'ORCHESTRA_API_KEYS']) {
      expect(exit.stderr).toContain(variable);
    }
    expect(exit.stderr).not.toContain(SECRET);
  });

  it('says in which line the file is not what it should be', async () => {
    const exit = await failToStart({ config: 'driver: memory\nhttp: {}\ndriver: memory\n' });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/1 problem\(s\)\n- line 3: Map keys must be unique\n$/);
  });

  it('says which file is missing', async () => {
    const exit = await failToStart({ env: { ORCHESTRA_CONFIG: 'nowhere.yaml' } });
    expect(exit.code).toBe(1);
    expect(exit.stderr).toMatch(/nowhere\.yaml.*\n- there is no such file\n$/);
  });

  it('says in one line that the port is in use', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = taken.address() as AddressInfo;
    try {
      const exit = await failToStart({ config: { http: { port }, pools: [functionPool('a')] } });
      expect(exit.code).toBe(1);
      expect(exit.stderr).toBe(`127.0.0.1:${port} is in use: stop what listens there, or set another PORT\n`);

      const elsewhere = await startService({ config: { http: { port } }, env: { PORT: '0' } });
      expect(elsewhere.url).not.toContain(`:${port}`);
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
  });

  it('binds other hosts when there are keys, enforces them, and never prints one', async () => {
    const digest = createHash('sha256').update(SECRET).digest('hex');
    const service = await startService({
      config: { pools: [functionPool('a')], auth: { protectMetrics: true, apiKeys: [] } },
      env: { HOST: '0.0.0.0', ORCHESTRA_API_KEYS: `reader:${digest}:read`, LOG_LEVEL: 'debug' },
      until: 'listening',
    });
    const client = new Client(service.url.replace(/\/\/[^:]+/, '//127.0.0.1'));
    const headers = { authorization: `Bearer ${SECRET}` };
    expect((await client.get('/health/live')).status).toBe(200);
    const [nobody, wrong, reader, submit, metrics] = await Promise.all([
      client.get('/v1/executions'),
      client.get('/v1/executions', { headers: { 'x-api-key': `${SECRET}x` } }),
      client.get('/v1/executions', { headers }),
      client.post('/v1/executions', { workflow: {} }, { headers }),
      client.get('/metrics'),
    ]);
    expect([nobody.status, wrong.status, reader.status, submit.status, metrics.status]).toEqual([
      401, 401, 200, 403, 401,
    ]);
    expect(nobody.json).toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(submit.json).toMatchObject({ code: 'FORBIDDEN' });
    await client.close();
    await service.stop();
    expect(service.output).not.toContain(SECRET);
    expect(service.output).not.toContain(digest);
  });
});

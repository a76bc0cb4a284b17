import { createServer, type AddressInfo } from 'node:net';
import { AgentPool } from '#agent-pool';
import { configSchema } from './config/config.schema.js';
import { Readiness } from './lifecycle/readiness.js';
import { startService, type RunningService } from './service.js';

const info = { name: 'orchestra', version: '0', node: '0', driver: 'memory', startedAt: '' };
const exit = (): never => {
  throw new Error('the process would have ended');
};

const start = (pools: object[], port = 0): Promise<RunningService> =>
  startService(configSchema.parse({ http: { port }, pools, logLevel: 'error' }), info, exit);

/** An MCP server that never answers. */
const mute = {
  capability: 'mute',
  kind: 'mcp',
  command: process.execPath,
  args: ['-e', 'process.stdin.resume()'],
};

describe('startService', () => {
  it('listens before its agents are there, and is ready when they are', async () => {
    const { app, url } = await start([{ capability: 'a', kind: 'http', url: 'http://127.0.0.1:1/' }]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await app.get(AgentPool, { strict: false }).whenProvisioned();
    expect(app.get(Readiness).state).toBe('ready');
    await app.close();
  });

  it('may be closed before its agents are there', async () => {
    const { app } = await start([mute]);
    expect(app.get(Readiness).state).toBe('starting');
    await app.close();
    // Jest fails a test for a rejection that nobody handles.
    await new Promise((resolve) => setImmediate(resolve));
    expect(app.get(Readiness).state).toBe('starting');
  });

  it('tells what stopped the start, and leaves nothing that listens', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', () => resolve()));
    const { port } = taken.address() as AddressInfo;
    await expect(start([mute], port)).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    await new Promise((resolve) => taken.close(resolve));
  });

  it('refuses pools of one capability before it listens', async () => {
    const pool = { capability: 'a', kind: 'http', url: 'http://127.0.0.1:1/' };
    await expect(start([pool, pool])).rejects.toMatchObject({ code: 'CAPABILITY_DUPLICATE' });
  });
});

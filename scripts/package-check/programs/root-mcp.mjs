import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { runStep, start } from '../start.mjs';

const server = fileURLToPath(new URL('../mcp-server.mjs', import.meta.url));

export default async function boot(load) {
  const { OrchestraModule } = await load('nest-orchestra');
  const pools = [{ capability: 'tools', kind: 'mcp', command: process.execPath, args: [server] }];
  const app = await start(load, { imports: [OrchestraModule.forRoot({ metrics: false, pools })] });
  const { output } = await runStep(load, app, 'tools', { tool: 'work' });
  assert.deepEqual(output, { content: 'done' });
  await app.close();
}

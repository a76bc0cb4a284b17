import assert from 'node:assert/strict';
import { assertMissing } from '../start.mjs';

export default async function boot(load) {
  const { FunctionAgentFactory, HttpAgentFactory, McpAgentFactory, ThreadAgentFactory } =
    await load('nest-orchestra/agents');
  const { SystemClock, parseOptions } = await load('nest-orchestra/core');
  const { HttpClient, httpClientOptionsSchema } = await load('nest-orchestra/http');
  const { signal } = new AbortController();
  const context = { signal, idempotencyKey: 'e:s', deadline: null, progress: () => undefined };
  const task = { executionId: 'e', stepId: 's', attempt: 1, capability: 'c', input: 'Ada' };

  const shout = await new FunctionAgentFactory(({ input }) => `${input}!`).create(signal);
  assert.equal(await shout.execute(task, context), 'Ada!');

  const clock = new SystemClock();
  const client = new HttpClient(parseOptions(httpClientOptionsSchema, {}, 'options'), clock);
  const remote = await new HttpAgentFactory({ url: 'http://127.0.0.1:1/' }, client, clock).create(signal);
  await assertMissing(remote.execute(task, context), 'undici');
  const tools = new McpAgentFactory({ command: process.execPath }, client, clock);
  await assertMissing(tools.create(signal), '@modelcontextprotocol/client');
  const threads = new ThreadAgentFactory({ module: '/nowhere.mjs' }, clock);
  await assertMissing(threads.create(signal), 'piscina');
  await client.close();
}

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { start } from '../start.mjs';

export default async function boot(load) {
  const { HttpClient, HttpClientModule } = await load('nest-orchestra/http');
  const server = createServer((_, answer) => answer.end('pong'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const app = await start(load, { imports: [HttpClientModule.forRoot({})] });
  const { signal } = new AbortController();
  const url = `http://127.0.0.1:${server.address().port}/`;
  const { body } = await app.get(HttpClient, { strict: false }).request(url, { method: 'GET', signal });
  assert.equal(await body.text(), 'pong');
  await app.close();
  server.close();
}

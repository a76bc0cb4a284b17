/** The command of the package, as a user of it has it: linked by npm, with the packages of one row beside it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { run } from './npm.mjs';

/** Longest start of a service; on an idle machine it is below one second. */
const START_TIMEOUT_MS = 30_000;

const npx = (cwd, ...args) => run('npx', ['--no-install', 'orchestra', ...args], cwd).trim();
const linked = (folder) => path.join(folder, 'node_modules/.bin/orchestra');

/** With the required peers alone. */
function checkRun(folder, version) {
  assert.equal(npx(folder, '--version'), version);
  npx(folder, 'init', 'first');
  const first = path.join(folder, 'first');
  assert.equal(npx(first, 'run', 'workflows/hello.yaml'), 'Hello, world! Hallo, world!');
  assert.equal(npx(first, 'validate', 'workflows/hello.yaml'), 'workflows/hello.yaml: valid workflow');
  const { status, stderr } = spawnSync(linked(folder), ['serve'], { cwd: first, encoding: 'utf8' });
  assert.equal(status, 1);
  assert.match(stderr, /^not installed: .*npm install @nestjs\/platform-fastify @nestjs\/terminus .*\n$/);
  assert.match(queues(folder, first), /^not installed: .*npm install bullmq ioredis.*\n$/);
  console.log(`ok npx orchestra ${version}: init, run, validate; serve and queues say what they need`);
}

/** With what it takes to talk to Redis, of which there is none. */
function checkQueues(folder) {
  assert.match(queues(folder), /^Redis at 127\.0\.0\.1:1: cannot be used: .*\n$/);
  console.log('ok orchestra queues');
}

/** What it says when it fails. */
function queues(folder, cwd = folder) {
  const env = { ...process.env, ORCHESTRA_DRIVER: 'bullmq', REDIS_URL: 'redis://127.0.0.1:1' };
  const { status, stderr } = spawnSync(linked(folder), ['queues'], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 1);
  return stderr;
}

/** With what the service needs. */
async function checkServe(folder) {
  const first = path.join(folder, 'first');
  const child = spawn(linked(folder), ['serve', '--port', '0'], {
    cwd: first,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const exited = once(child, 'exit');
    const answer = await fetch(`${await addressOf(child)}/health/live`, { headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  } finally {
    child.kill('SIGKILL');
  }
  console.log('ok orchestra serve');
}

/** With what the service needs on Redis, of which there is none. */
function checkServeOnRedis(folder) {
  const env = { ...process.env, ORCHESTRA_DRIVER: 'bullmq', REDIS_URL: 'redis://127.0.0.1:1' };
  const cwd = path.join(folder, 'first');
  const { status, stderr } = spawnSync(linked(folder), ['serve', '--port', '0'], {
    cwd,
    env,
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /^Redis at 127\.0\.0\.1:1: cannot be used: .*\n$/);
  console.log('ok orchestra serve, on Redis');
}

/** Where it listens, as it says. @throws with all it said when it ends or takes too long. */
async function addressOf({ stdout, stderr }) {
  let said = '';
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  stderr.setEncoding('utf8').on('data', (text) => (said += text));
  for await (const text of stdout.setEncoding('utf8').iterator({ destroyOnReturn: false, signal })) {
    said += text;
    const [, url] = /listens on (http:\S+)/.exec(said) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`orchestra serve: ${said}`);
}

/** By the `check` of a row of the table. */
export const COMMANDS = {
  run: checkRun,
  queues: checkQueues,
  serve: checkServe,
  serveOnRedis: checkServeOnRedis,
};

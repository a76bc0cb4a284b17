/** What is left behind by many executions, and by many starts and stops: nothing. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../helpers/service.js';

const SCRIPT = join(ROOT, 'test/fixtures/start-and-stop.mjs');
const CONTEXTS = 1_000;
const EXECUTIONS = 10_000;
const SERVICES = 20;
/** An idle machine takes a quarter of it. */
const TIMEOUT_MS = 120_000;

interface Figures {
  resources: string[];
  listeners: string[];
}

let left: Record<string, Figures> & { warnings: string[] };

beforeAll(async () => {
  const args = [SCRIPT, CONTEXTS, EXECUTIONS, SERVICES].map(String);
  // It has to end by itself: what keeps a process alive would be a timer or a handle that nobody stopped.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    timeout: TIMEOUT_MS,
  });
  expect(stderr).toBe('');
  left = JSON.parse(stdout) as typeof left;
}, TIMEOUT_MS);

describe(`FAULTS 17: ${EXECUTIONS} executions in one process`, () => {
  it('leave no listener and no handle', () => {
    expect(left.afterExecutions).toEqual(left.listening);
    expect(left.warnings).toEqual([]);
  });
});

describe(`FAULTS 18: ${CONTEXTS} starts and stops of the module, ${SERVICES} of the service`, () => {
  it('leave nothing, and a process that ends by itself', () => {
    expect(left.afterContexts).toEqual(left.before);
    expect(left.afterServices).toEqual(left.before);
  });
});

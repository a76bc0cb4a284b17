import { join } from 'node:path';
import { ROOT } from './service.js';

/** A pool of functions that do what the step's input says: see test/fixtures/obedient-agent.mjs. */
export const OBEDIENT = join(ROOT, 'test/fixtures/obedient-agent.mjs');

export function functionPool(capability: string, more: object = {}) {
  return { capability, kind: 'function', module: OBEDIENT, ...more };
}

export function httpPool(capability: string, url: string, more: object = {}) {
  return { capability, kind: 'http', url, ...more };
}

/** One step and nothing else. */
export function oneStep(capability: string, input: unknown = {}, more: object = {}) {
  return { id: 'one-step', steps: [{ id: 'only', capability, input, retry: { maxAttempts: 1 }, ...more }] };
}

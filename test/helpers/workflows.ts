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

/** Some 10 MB of events: far more than sockets hold. */
export const manyEvents = {
  id: 'big',
  steps: Array.from({ length: 80 }, (_, at) => ({
    id: `s${at}`,
    capability: 'local',
    input: { do: 'report', times: 100, message: 'm'.repeat(1_000) },
  })),
};

/** 10,203 short events: more than a log keeps. */
export const longHistory = {
  id: 'long',
  steps: Array.from({ length: 100 }, (_, at) => ({
    id: `s${at}`,
    capability: 'local',
    input: { do: 'report', times: 100 },
  })),
};

/** One step and nothing else. */
export function oneStep(capability: string, input: unknown = {}, more: object = {}) {
  return { id: 'one-step', steps: [{ id: 'only', capability, input, retry: { maxAttempts: 1 }, ...more }] };
}

/** Steps one after another, each with the input of its place. */
export function chain(capability: string, inputs: readonly unknown[], more: object = {}) {
  const steps = inputs.map((input, at) => ({
    id: `s${at}`,
    capability,
    input,
    dependsOn: at === 0 ? [] : [`s${at - 1}`],
  }));
  return { id: 'chain', steps, ...more };
}

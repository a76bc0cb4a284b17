import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Has `once(dueAt)` begin `count` times at fixed times, whether or not those before have ended.
 * @returns what they gave, in order.
 */
export async function paced(count, perSecond, once) {
  const begun = performance.now();
  const dueAt = (n) => begun + (n * 1_000) / perSecond;
  const running = [];
  while (running.length < count) {
    const now = performance.now();
    while (running.length < count && dueAt(running.length) <= now) running.push(once(dueAt(running.length)));
    await sleep(1);
  }
  return Promise.all(running);
}

import queueOf from 'async/queue.js';
import { keepInFlight } from '../harness/rounds.mjs';

/** Jobs of async.queue whose worker is a no-op that promises. */
export default async function asyncQueue({ concurrency, inFlight }) {
  const queue = queueOf(async (text) => text, concurrency);
  const once = () => queue.pushAsync('hello');
  return { round: (ms) => keepInFlight(inFlight, ms, once), close: () => undefined };
}

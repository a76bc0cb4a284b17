import { Queue, Worker } from 'bullmq';
import { connectionOf } from '../harness/connection.mjs';
import { paced } from '../harness/pace.mjs';
import { keepInFlight } from '../harness/rounds.mjs';

/** A bare queue and worker of BullMQ whose jobs do nothing: `add` until the handler has run. */
export default async function bullmq({ url, concurrency, inFlight }) {
  const name = `raw-${concurrency}`;
  const connection = connectionOf(url);
  const defaultJobOptions = { removeOnComplete: true, removeOnFail: true };
  const queue = new Queue(name, { connection, defaultJobOptions });
  const waiting = new Map();
  const worker = new Worker(
    name,
    async ({ data }) => {
      waiting.get(data.n)?.(performance.now());
      waiting.delete(data.n);
      return null;
    },
    { connection, concurrency },
  );
  await worker.waitUntilReady();
  let n = 0;
  const once = async () => {
    const id = n++;
    const handled = new Promise((resolve) => waiting.set(id, resolve));
    await queue.add('job', { n: id });
    return handled;
  };
  return {
    round: (ms) => keepInFlight(inFlight, ms, once),
    /** @returns how long each of so many jobs waited, ms from before its `add` until its handler. */
    waits: (count, perSecond) =>
      paced(count, perSecond, async () => {
        const begun = performance.now();
        return (await once()) - begun;
      }),
    async close() {
      await worker.close();
      await queue.close();
    },
  };
}

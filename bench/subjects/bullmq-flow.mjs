import { FlowProducer, Worker } from 'bullmq';
import { connectionOf } from '../harness/connection.mjs';
import { keepInFlight } from '../harness/rounds.mjs';

/** Flows of BullMQ: a parent that does nothing after `children` that do nothing. */
export default async function bullmqFlow({ url, concurrency, children, inFlight }) {
  const connection = connectionOf(url);
  const producer = new FlowProducer({ connection });
  const opts = { removeOnComplete: true, removeOnFail: true };
  const waiting = new Map();
  const childWorker = new Worker('flow-children', async () => null, { connection, concurrency });
  const parentWorker = new Worker(
    'flow-parents',
    async ({ data }) => {
      waiting.get(data.n)?.();
      waiting.delete(data.n);
      return null;
    },
    { connection, concurrency },
  );
  await Promise.all([childWorker.waitUntilReady(), parentWorker.waitUntilReady()]);
  let n = 0;
  const once = async () => {
    const id = n++;
    const handled = new Promise((resolve) => waiting.set(id, resolve));
    await producer.add({
      name: 'parent',
      queueName: 'flow-parents',
      data: { n: id },
      opts,
      children: Array.from({ length: children }, (_, child) => ({
        name: 'child',
        queueName: 'flow-children',
        data: { n: id, child },
        opts,
      })),
    });
    await handled;
  };
  return {
    round: (ms) => keepInFlight(inFlight, ms, once),
    async close() {
      await Promise.all([childWorker.close(), parentWorker.close()]);
      await producer.close();
    },
  };
}

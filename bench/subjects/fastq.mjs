import fastq from 'fastq';
import { keepInFlight } from '../harness/rounds.mjs';

/** Jobs of fastq whose worker is a no-op that promises. */
export default async function fastQueue({ concurrency, inFlight }) {
  const queue = fastq.promise(async (text) => text, concurrency);
  const once = () => queue.push('hello');
  return { round: (ms) => keepInFlight(inFlight, ms, once), close: () => undefined };
}

/** The smallest agent of kind thread: tells that it is in one. */
import { isMainThread } from 'node:worker_threads';

export default function work({ input }) {
  return { input, isMainThread };
}

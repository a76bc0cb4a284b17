import { setImmediate as nextTurn } from 'node:timers/promises';

/** Bytes in use once all garbage is gone: on the heap of V8 and, of buffers, beside it. */
export async function heapBytes() {
  // What a first collection finalizes, the second frees.
  for (let i = 0; i < 2; i++) {
    globalThis.gc();
    await nextTurn();
  }
  const { heapUsed, external } = process.memoryUsage(); // `external` holds `arrayBuffers`
  return heapUsed + external;
}

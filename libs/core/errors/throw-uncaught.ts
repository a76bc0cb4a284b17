/**
 * Makes `error` an uncaught exception of the process, as one that a listener of an `EventTarget` throws: for what goes
 * wrong in somebody's callback, where throwing would disturb others and silence would hide it.
 */
export function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}

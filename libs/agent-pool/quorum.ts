/** See `readyWhen` of the options of a pool. */
type ReadyWhen = 'all' | 'any' | number;

/** How many usable agents make a pool ready. */
export function quorumOf(readyWhen: ReadyWhen, size: { min: number }): number {
  if (readyWhen === 'all') return size.min;
  return readyWhen === 'any' ? 1 : readyWhen;
}

/** Whether a pool of that size can have it; of a size that is refused there is no max, and no more to be said. */
export function isQuorumReachable(readyWhen: ReadyWhen, size: { max: number }): boolean {
  return typeof readyWhen === 'string' || !(readyWhen > size.max);
}

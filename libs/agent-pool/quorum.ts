import type { ResolvedPoolDefinition } from './pool-definition.js';

/** How many usable agents make a pool ready. */
export function quorumOf({ readyWhen, size }: Pick<ResolvedPoolDefinition, 'readyWhen' | 'size'>): number {
  if (readyWhen === 'all') return size.min;
  return readyWhen === 'any' ? 1 : readyWhen;
}

import type { AgentContext } from '#agent-pool';
import type { PlainContext } from './thread-protocol.js';

const PLAIN_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'boolean']);

/** What of a context can go into a thread: whatever it has, now or later, that is plain data. */
export function plainContext(context: AgentContext): PlainContext {
  const isPlain = ([, value]: [string, unknown]): boolean => value === null || PLAIN_TYPES.has(typeof value);
  return Object.fromEntries(Object.entries(context).filter(isPlain)) as unknown as PlainContext;
}

import { readdirSync } from 'node:fs';

/** The threads that this process has at the moment. */
export function threadCount(): number {
  return readdirSync('/proc/self/task').length;
}

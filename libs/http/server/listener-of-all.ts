import type { ServerResponse } from 'node:http';

/**
 * One listener for an event of every answer, which is told whose it was. Made once: a closure an answer, and what `once`
 * wraps around it, would cost each request more than what they do. For events that an answer has but once.
 */
export function listenerOfAll(listen: (answer: ServerResponse) => void): (this: ServerResponse) => void {
  return function (this: ServerResponse) {
    listen(this);
  };
}

import type { Server } from 'node:http';
import { listenerOfAll } from './listener-of-all.js';

/**
 * Cuts connections whose client does not read: an answer that is written to its end, and of which nothing was taken for
 * `timeoutMs`, goes with its connection. What is slow but moves is left alone, as are answers that are still awaited.
 *
 * Node's own timeout of a socket looks at what the kernel has taken since; after the answer Node sets it to the
 * keep-alive timeout.
 */
export function limitSending(server: Server, timeoutMs: number): void {
  const onPrefinish = listenerOfAll(({ req: { socket } }) => {
    if (socket.writableLength > 0) socket.setTimeout(timeoutMs);
  });
  server.prependListener('request', (_request, answer) => {
    // The last part of it is on its way by then, or in a buffer.
    answer.on('prefinish', onPrefinish);
  });
}

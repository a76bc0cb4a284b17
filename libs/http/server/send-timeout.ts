import type { Server, ServerResponse } from 'node:http';

/**
 * Cuts connections whose client does not read: an answer that is written to its end, and of which nothing was taken for
 * `timeoutMs`, goes with its connection. What is slow but moves is left alone, as are answers that are still awaited.
 */
export function limitSending(server: Server, timeoutMs: number): void {
  server.prependListener('request', (_request, answer) => cutWhenStalled(answer, timeoutMs));
}

/**
 * The same for one answer. Node's own timeout of a socket looks at what the kernel has taken since; after the answer
 * Node sets it to the keep-alive timeout.
 */
export function cutWhenStalled(answer: ServerResponse, timeoutMs: number): void {
  const watch = (): void => {
    const { socket } = answer;
    if (socket !== null && socket.writableLength > 0) socket.setTimeout(timeoutMs);
  };
  if (answer.writableEnded) watch();
  // The last part of it is on its way, or in a buffer.
  else answer.once('prefinish', watch);
}

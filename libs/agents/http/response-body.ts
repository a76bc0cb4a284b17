import { setImmediate } from 'node:timers/promises';
import type { HttpClientResponse } from '#http';

/**
 * The whole body, or undefined when it has more than `maxBytes`: then reading has stopped there and the connection is
 * gone, as the rest would have to be read to use it again.
 *
 * @throws what ended the body early.
 */
export async function readBody(
  { headers, body }: HttpClientResponse,
  maxBytes: number,
): Promise<Buffer | undefined> {
  if (Number(headers['content-length']) > maxBytes) {
    discard(body);
    return undefined;
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop destroys the body.
    if (bytes > maxBytes) return undefined;
    chunks.push(chunk);
  }
  // undici hands a connection out again one turn of the event loop after its answer ended; a caller whose next request
  // came before that would open a second one.
  await setImmediate();
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, bytes);
}

function discard(body: HttpClientResponse['body']): void {
  body.on('error', () => undefined);
  body.destroy();
}

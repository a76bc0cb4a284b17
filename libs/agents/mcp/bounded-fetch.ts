import type { FetchLike } from '@modelcontextprotocol/client';

/**
 * `fetch` for an MCP client that only calls tools.
 *
 * - A body of more than `maxBytes` ends with what `tooLarge` returns.
 * - The stream of notifications that belong to no call (a `GET` without `Last-Event-ID`) is not opened: nobody reads it,
 *   and an agent that holds one would hold a connection of the origin for ever. To the SDK it looks like a server
 *   without one, which MCP allows.
 */
export function boundedFetch(fetch: FetchLike, maxBytes: number, tooLarge: () => Error): FetchLike {
  return async (url, init) => {
    if (init?.method === 'GET' && !new Headers(init.headers).has('last-event-id')) {
      return new Response(null, { status: 405 });
    }
    const response = await fetch(url, init);
    if (response.body === null) return response;
    let bytes = 0;
    const limit = new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.byteLength;
        if (bytes <= maxBytes) controller.enqueue(chunk);
        else controller.error(tooLarge());
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(limit), { status, statusText, headers: [...headers] });
  };
}

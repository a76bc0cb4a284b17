/**
 * What piscina runs in the thread of an agent. Whatever is imported here is loaded by every thread anew, so it is only
 * what needs no package.
 */
import { getHeapStatistics } from 'node:v8';
import { toErrorRecord } from '#core/plain';
import { ModuleHost } from './module-host.js';
import type { HeapFigures, ThreadReply, ThreadRequest } from './thread-protocol.js';

const host = new ModuleHost((url) => import(url));

/** Never rejects: an error loses its class, code and details on the way out of a thread, a record does not. */
export default async function reply(request: ThreadRequest): Promise<ThreadReply> {
  try {
    return { ok: true, output: await host.handle(request), heap: heapFigures() };
  } catch (error) {
    return { ok: false, error: toErrorRecord(error, 'AGENT_ERROR'), heap: heapFigures() };
  }
}

function heapFigures(): HeapFigures {
  const { used_heap_size: usedBytes, heap_size_limit: limitBytes } = getHeapStatistics();
  return { usedBytes, limitBytes };
}

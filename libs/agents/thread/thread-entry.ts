/**
 * What piscina runs in the thread of an agent. Whatever is imported here is loaded by every thread anew, so it is only
 * what needs no package.
 */
import { getHeapStatistics } from 'node:v8';
import { toErrorRecord } from '#core/plain';
import { ModuleHost } from './module-host.js';
import type { ThreadFigures, ThreadReply, ThreadRequest } from './thread-protocol.js';

const host = new ModuleHost((url) => import(url));

/** Never rejects: an error loses its class, code and details on the way out of a thread, a record does not. */
export default async function reply(request: ThreadRequest): Promise<ThreadReply> {
  try {
    return { ok: true, output: await host.handle(request), figures: figures() };
  } catch (error) {
    return { ok: false, error: toErrorRecord(error, 'AGENT_ERROR'), figures: figures() };
  }
}

/** `threadCpuUsage` came with Node 22.15 and 23.9; what older ones tell is of the whole process. */
const node: typeof process & { threadCpuUsage?: typeof process.cpuUsage } = process;

function figures(): ThreadFigures {
  const { used_heap_size: heapUsedBytes, heap_size_limit: heapLimitBytes } = getHeapStatistics();
  const cpu = node.threadCpuUsage?.();
  const cpuTimeMs = cpu === undefined ? null : (cpu.user + cpu.system) / 1_000;
  return { heapUsedBytes, heapLimitBytes, cpuTimeMs };
}

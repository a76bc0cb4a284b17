import type { MessagePort } from 'node:worker_threads';
import type { AgentContext, AgentProgress, AgentTask } from '#agent-pool';
import type { AbortKind, ErrorRecord } from '#core/plain';

/**
 * What a process and the thread of one of its agents tell each other.
 *
 * Requests and replies travel through piscina, a reply a request. What concerns a request under way, its abort and its
 * progress, travels over a channel of its own, and may therefore arrive before the request.
 */
export type ThreadRequest = { callId: number } & (
  | {
      /** The first one. Its output: whether the module has a `dispose`. */
      type: 'load';
      module: string;
      maxOutputBytes: number;
      port: MessagePort;
    }
  | { type: 'execute'; task: AgentTask; context: PlainContext }
  | { type: 'ping' }
  | { type: 'dispose' }
);

/** All of a context that is plain data; signal and progress are made anew in the thread. */
export type PlainContext = Omit<AgentContext, 'signal' | 'progress'>;

/** What a thread has used up by itself. */
export interface ThreadFigures {
  heapUsedBytes: number;
  heapLimitBytes: number;
  /** Null where Node does not tell. */
  cpuTimeMs: number | null;
}

/** The output is JSON text: it is no larger than was checked, whatever getters and proxies it was made of. */
export type ThreadReply = { figures: ThreadFigures } & (
  { ok: true; output: string } | { ok: false; error: ErrorRecord }
);

/** To the thread. */
export interface AbortMessage {
  callId: number;
  kind: AbortKind;
  reason: ErrorRecord;
}

/** From the thread. `aborting`: the signal of the call has aborted there, so the thread is not blocked. */
export type CallMessage =
  { type: 'aborting'; callId: number } | { type: 'progress'; callId: number; report: AgentProgress };

/** Reports of one task that leave its thread, as many as are logged; a loop may make millions. */
export const MAX_PROGRESS_REPORTS = 100;

/** Longest message of a report that leaves its thread, in UTF-16 units; as much as is logged. */
export const MAX_REPORT_MESSAGE_LENGTH = 1_000;

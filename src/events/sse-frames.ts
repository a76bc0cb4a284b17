import type { CloudEvent } from '#events';

/** How long a client waits before it comes back after a cut: what was missed is still there, so not long. */
const RETRY_MS = 1_000;

/** The same when this process ends: by then another has started, or a load balancer has noticed. */
const RETRY_ELSEWHERE_MS = 5_000;

/** The first bytes of every stream. */
export const FIRST_FRAME = `retry: ${RETRY_MS}\n\n`;

/** The last bytes of a stream that a shutdown ends. */
export const SHUTDOWN_FRAME = `retry: ${RETRY_ELSEWHERE_MS}\n\n`;

/** A comment, which clients skip. */
export const HEARTBEAT_FRAME = ': heartbeat\n\n';

/** JSON has no bare line break, so an event is one `data` line. */
export function eventFrame(position: string, event: CloudEvent): string {
  return `id: ${position}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

/** Tells where the reader stands, without an event: it comes back with that position. */
export function positionFrame(position: string): string {
  return `id: ${position}\n\n`;
}

/**
 * Tells that events are missing here. `missed`: how many, whether they would have matched the filter or not; null when
 * nobody knows. Without a position the reader stays where it stands: who comes back is told again.
 */
export function gapFrame(missed: number | null, position?: string): string {
  const id = position === undefined ? '' : `id: ${position}\n`;
  return `${id}event: gap\ndata: ${JSON.stringify({ missed })}\n\n`;
}

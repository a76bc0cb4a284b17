import type { OrchestraEventMap, OrchestraEvents } from '#events';
import type { Display } from '../progress/display.js';
import { formatDuration } from '../text/duration.js';
import { printable } from '../text/printable.js';

const WHAT: Record<OrchestraEventMap['agent.failed']['reason'], string> = {
  create: 'could not be made',
  abandoned: 'ignored an abort and is replaced',
  unhealthy: 'failed its pings and is replaced',
  lost: 'is gone and is replaced',
};

/** Agents that could not be made: without a word the steps that want them would just seem to take long. */
export function tellOfAgents(events: OrchestraEvents, display: Display): () => void {
  return events.on('agent.failed', ({ agentId, reason, error, retryInMs }) => {
    const when = reason === 'create' ? `, again in ${formatDuration(retryInMs)}` : '';
    display.note(printable(`agent ${agentId} ${WHAT[reason]}${when}: ${error.code} ${error.message}`));
  });
}

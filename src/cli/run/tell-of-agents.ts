import type { OrchestraEvents } from '#events';
import type { Display } from '../progress/display.js';
import { formatDuration } from '../text/duration.js';
import { printable } from '../text/printable.js';

/** Agents that could not be made: without a word the steps that want them would just seem to take long. */
export function tellOfAgents(events: OrchestraEvents, display: Display): () => void {
  return events.on('agent.failed', ({ agentId, reason, error, retryInMs }) => {
    const what =
      reason === 'create'
        ? `could not be made, again in ${formatDuration(retryInMs)}`
        : 'ignored an abort and is replaced';
    display.note(printable(`agent ${agentId} ${what}: ${error.code} ${error.message}`));
  });
}

import type { OrchestraEvents } from '#events';
import { AGENT_FAILURE } from '../../events/agent-failure.js';
import type { Display } from '../progress/display.js';
import { formatDuration } from '../text/duration.js';
import { printable } from '../text/printable.js';

/** Agents that are not there: without a word the steps that want them would just seem to take long. */
export function tellOfAgents(events: OrchestraEvents, display: Display): () => void {
  return events.on('agent.failed', ({ agentId, reason, error, retryInMs }) => {
    const when = reason === 'abandoned' ? '' : `, again in ${formatDuration(retryInMs)}`;
    display.note(
      printable(`agent ${agentId} ${AGENT_FAILURE[reason]}${when}: ${error.code} ${error.message}`),
    );
  });
}

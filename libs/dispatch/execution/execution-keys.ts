const PREFIX = 'execution:';

/** Executions whose keys are remembered: those at work now. Each is asked for about ten times from submit to end. */
const MAX_REMEMBERED = 1_024;

const rememberedIds = new Array<string>(MAX_REMEMBERED).fill('');
const rememberedKeys = new Array<string>(MAX_REMEMBERED).fill(PREFIX);

/** Where an execution stands in the state store: the name of its record, and of its log. */
export function executionKey(executionId: string): string {
  const slot = slotOf(executionId);
  if (rememberedIds[slot] === executionId) return rememberedKeys[slot] as string;
  const key = PREFIX + executionId;
  rememberedIds[slot] = executionId;
  rememberedKeys[slot] = key;
  return key;
}

/** There from the moment a run after the first is asked for: two requests at once cannot both have it. */
export const runKey = (executionId: string, run: number): string => `${PREFIX}${executionId}:run:${run}`;

export const idempotencyRecordKey = (digest: string): string => `idempotency:${digest}`;

/** By its last characters, which are random in the ids that are made here. */
function slotOf(executionId: string): number {
  const last = executionId.length - 1;
  let hash = 0;
  for (let at = last; at > last - 4 && at >= 0; at--) hash = hash * 7 + executionId.charCodeAt(at);
  return hash % MAX_REMEMBERED;
}

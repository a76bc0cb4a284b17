/** Where an execution stands in the state store. */
export const recordKey = (executionId: string): string => `execution:${executionId}`;
export const logName = (executionId: string): string => `execution:${executionId}:events`;
/** There from the moment a run after the first is asked for: two requests at once cannot both have it. */
export const runKey = (executionId: string, run: number): string => `execution:${executionId}:run:${run}`;
export const idempotencyRecordKey = (digest: string): string => `idempotency:${digest}`;

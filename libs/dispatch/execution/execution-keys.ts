/** Where an execution stands in the state store. */
export const recordKey = (executionId: string): string => `execution:${executionId}`;
export const logName = (executionId: string): string => `execution:${executionId}:events`;
export const idempotencyRecordKey = (digest: string): string => `idempotency:${digest}`;

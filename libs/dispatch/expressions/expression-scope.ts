import type { ErrorRecord, JsonObject, JsonValue } from '#core';

/** What an expression can read of a step: its output once it completed, its error once it failed. */
interface StepScope {
  output?: JsonValue;
  error?: ErrorRecord;
}

/** What an expression can read: `$input`, `$steps.<id>.output`, `$steps.<id>.error`, `$execution`. Never written to. */
export interface ExpressionScope {
  input: JsonValue;
  steps: Record<string, StepScope>;
  execution: JsonObject;
}

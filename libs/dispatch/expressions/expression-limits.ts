/** Longest source of one expression, in UTF-16 units. */
export const MAX_EXPRESSION_LENGTH = 16_384;

/** Nodes of one parsed expression. The parser copies the left side of each `?:` and `??`, so a short source can be huge. */
export const MAX_EXPRESSION_NODES = 20_000;

/** How long parsing one source may take. Only the copies just named can make it take longer than its length explains. */
export const PARSE_TIMEOUT_MS = 100;

/**
 * How deep evaluations may nest (the engine's `stack`): a call of a lambda is five or six levels. Node's default stack
 * holds about twice as many.
 */
export const MAX_NESTED_EVALUATIONS = 1_500;

/** Longest sequence or array that an expression may make or handle. */
export const MAX_SEQUENCE_LENGTH = 100_000;

/**
 * Largest string on the way and largest result: characters of strings and keys, and one for every value.
 * As much as an agent's answer may hold, so that an answer can be passed on.
 */
export const MAX_VALUE_SIZE = 10_485_760;

/** What the caller of one evaluation decides. */
export interface ExpressionLimits {
  /** Whole ms of wall time, from 1. The event loop is blocked for that long at worst. */
  timeoutMs: number;
}

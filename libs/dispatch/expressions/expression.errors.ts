import { OrchestraError } from '#core';

/** Longest part of an expression's source that an error shows. */
const MAX_SHOWN_SOURCE = 200;

/** Longest reason that an error shows; the engine's messages may quote whole values. */
const MAX_SHOWN_REASON = 500;

/** An expression could not be evaluated, or to nothing that JSON can hold. The same scope gives it again: not retryable. */
export class ExpressionError extends OrchestraError<'EXPRESSION_FAILED'> {
  constructor(source: string, reason: string, options: ErrorOptions = {}) {
    const expression = clip(source, MAX_SHOWN_SOURCE);
    const shown = clip(reason, MAX_SHOWN_REASON);
    super('EXPRESSION_FAILED', `expression {% ${expression} %} failed: ${shown}`, {
      ...options,
      details: { expression, reason: shown },
    });
  }
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/**
 * Why an `ExpressionError` came about: time was up. The engine may have been stopped in mid-air: what it was working on
 * may be half done and must not be used again.
 */
export class ExpressionTimeoutError extends Error {}

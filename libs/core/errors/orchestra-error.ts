export interface OrchestraErrorOptions {
  /** Facts a program can act on; JSON values only, never a secret. */
  details?: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed when it is made again. Default false. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * Base of every error this package throws.
 *
 * `code` is stable, in SCREAMING_SNAKE, never reused; decide on it, never on the message.
 * Each area derives one class with a union of its codes: `class QueueError extends OrchestraError<QueueErrorCode>`.
 */
export abstract class OrchestraError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: Code, message: string, options: OrchestraErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

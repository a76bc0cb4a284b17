import { messageOf } from '../errors/message-of.js';
import { OrchestraError, type OrchestraErrorOptions } from '../errors/orchestra-error.js';

/** Why work was told to stop. */
export type AbortKind = 'timeout' | 'cancel' | 'shutdown' | 'lost-lease';

const CODES = {
  timeout: 'TIMEOUT',
  cancel: 'CANCELLED',
  shutdown: 'SHUTDOWN',
  'lost-lease': 'LEASE_LOST',
} as const satisfies Record<AbortKind, string>;

export type AbortCode = (typeof CODES)[AbortKind];

/** The `reason` of every signal that this package aborts: ask its `kind`, show its message. */
export class AbortedError extends OrchestraError<AbortCode> {
  readonly kind: AbortKind;

  constructor(kind: AbortKind, message: string, options?: OrchestraErrorOptions) {
    super(CODES[kind], message, options);
    this.kind = kind;
  }
}

/** The reason of an aborted signal as an `AbortedError`; a foreign reason counts as a cancel. */
export function abortReason(signal: AbortSignal): AbortedError {
  const reason: unknown = signal.reason;
  if (reason instanceof AbortedError) return reason;
  return new AbortedError('cancel', messageOf(reason), { cause: reason });
}

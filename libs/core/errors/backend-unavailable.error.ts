import { OrchestraError } from './orchestra-error.js';

/**
 * `BACKEND_UNAVAILABLE`: what keeps queue and state did not answer in time, cannot be reached, or takes no writes now.
 * Retryable. A write that was under way may have happened: repeat it with the same id or idempotency key.
 */
export class BackendUnavailableError extends OrchestraError<'BACKEND_UNAVAILABLE'> {
  /** @param backend what did not answer, with host and port; never a credential. */
  constructor(backend: string, why: string, cause?: unknown) {
    super('BACKEND_UNAVAILABLE', `${backend}: ${why}`, { retryable: true, details: { backend }, cause });
  }
}

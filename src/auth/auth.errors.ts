import { OrchestraError } from '#core';

/**
 * - `UNAUTHENTICATED`: no API key, or one that is not known.
 * - `FORBIDDEN`: the key lacks the scope of the route, or the route declares none.
 */
export type AuthErrorCode = 'UNAUTHENTICATED' | 'FORBIDDEN';

export class AuthError extends OrchestraError<AuthErrorCode> {}

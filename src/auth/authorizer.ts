import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ApiKeys } from './api-keys.js';
import { AuthError } from './auth.errors.js';
import { ACCESS, PUBLIC, type Access } from './scope.decorators.js';

/** The keys that are known, or null when the service asks for none. */
export const API_KEYS = Symbol('orchestra.api-keys');

/** How a door gets at the key of a request. */
export interface PresentedKey {
  /** The key; undefined when there is none. */
  read: () => string | undefined;
  /** How to send one, for who did not. */
  hint: string;
}

/** Lets a call in by its API key. Denies by default: a handler that declares no access is open to nobody. */
@Injectable()
export class Authorizer {
  constructor(
    @Inject(API_KEYS) private readonly keys: ApiKeys | null,
    private readonly reflector: Reflector,
  ) {}

  /** @throws {AuthError} `UNAUTHENTICATED`, `FORBIDDEN`. */
  check(context: ExecutionContext, { read, hint }: PresentedKey): void {
    if (this.keys === null) return;
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === PUBLIC) return;
    const presented = read();
    if (presented === undefined) throw new AuthError('UNAUTHENTICATED', `send an API key: ${hint}`);
    const key = this.keys.find(presented);
    if (key === undefined) throw new AuthError('UNAUTHENTICATED', 'the API key is not known');
    if (access === undefined)
      throw new AuthError('FORBIDDEN', 'the route declares no scope, so it is open to nobody');
    if (!key.scopes.includes(access))
      throw new AuthError('FORBIDDEN', `the key ${JSON.stringify(key.id)} lacks the scope ${access}`);
  }
}

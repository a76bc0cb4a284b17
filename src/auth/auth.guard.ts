import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { ApiKeys } from './api-keys.js';
import { AuthError } from './auth.errors.js';
import { ACCESS, PUBLIC, type Access } from './scope.decorators.js';

/** The keys that are known, or null when the service asks for none. */
export const API_KEYS = Symbol('orchestra.api-keys');

/**
 * Lets a request in by its API key, from `Authorization: Bearer KEY` or `X-API-Key`. Denies by default: a route that
 * declares no access is open to nobody.
 *
 * A guard and not a hook of the server: it sees the route that was matched, however its path was spelled.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    @Inject(API_KEYS) private readonly keys: ApiKeys | null,
    private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    if (this.keys === null) return true;
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === PUBLIC) return true;
    const presented = presentedKey(context.switchToHttp().getRequest<FastifyRequest>().headers);
    if (presented === undefined)
      throw new AuthError('UNAUTHENTICATED', 'send an API key: Authorization: Bearer KEY');
    const key = this.keys.find(presented);
    if (key === undefined) throw new AuthError('UNAUTHENTICATED', 'the API key is not known');
    if (access === undefined)
      throw new AuthError('FORBIDDEN', 'the route declares no scope, so it is open to nobody');
    if (key.scopes.includes(access)) return true;
    throw new AuthError('FORBIDDEN', `the key ${JSON.stringify(key.id)} lacks the scope ${access}`);
  }
}

const BEARER = /^bearer +(\S+) *$/i;

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const header = headers['x-api-key'];
  return bearer ?? (typeof header === 'string' && header !== '' ? header : undefined);
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyRequest } from 'fastify';
import { Authorizer } from './authorizer.js';

/**
 * Lets a request in by its API key, from `Authorization: Bearer KEY` or `X-API-Key`.
 *
 * A guard and not a hook of the server: it sees the route that was matched, however its path was spelled.
 */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly authorizer: Authorizer) {}

  canActivate(context: ExecutionContext): boolean {
    this.authorizer.check(context, {
      read: () => presentedKey(context.switchToHttp().getRequest<FastifyRequest>().headers),
      hint: 'Authorization: Bearer KEY',
    });
    return true;
  }
}

const BEARER = /^bearer +(\S+) *$/i;

function presentedKey(headers: IncomingHttpHeaders): string | undefined {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const header = headers['x-api-key'];
  return bearer ?? (typeof header === 'string' && header !== '' ? header : undefined);
}

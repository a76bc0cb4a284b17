import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { isPlainObject } from '#core';
import { Authorizer } from '../auth/authorizer.js';

/** Lets a message in by the `apiKey` of its payload: the transport has no headers. */
@Injectable()
export class PatternAuthGuard implements CanActivate {
  constructor(private readonly authorizer: Authorizer) {}

  canActivate(context: ExecutionContext): boolean {
    this.authorizer.check(context, {
      read: () => presentedKey(context.switchToRpc().getData()),
      hint: '"apiKey" in the payload',
    });
    return true;
  }
}

function presentedKey(payload: unknown): string | undefined {
  const key = isPlainObject(payload) ? payload.apiKey : undefined;
  return typeof key === 'string' && key !== '' ? key : undefined;
}

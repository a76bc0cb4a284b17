import { SetMetadata, type CustomDecorator } from '@nestjs/common';
import type { Scope } from './auth.options.js';

export const PUBLIC = 'public';

/** What a route asks of its caller. */
export type Access = Scope | typeof PUBLIC;

export const ACCESS = Symbol('orchestra.access');

/** The route, or every route of the controller, needs a key with this scope. What a route declares wins. */
export const RequireScope = (scope: Scope): CustomDecorator<symbol> =>
  SetMetadata<symbol, Access>(ACCESS, scope);

/** The route, or every route of the controller, is open to everybody. */
export const Public = (): CustomDecorator<symbol> => SetMetadata<symbol, Access>(ACCESS, PUBLIC);

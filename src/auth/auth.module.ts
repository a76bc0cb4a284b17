import { Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { ApiKeys } from './api-keys.js';
import { AuthGuard } from './auth.guard.js';
import type { AuthOptions } from './auth.options.js';
import { API_KEYS, Authorizer } from './authorizer.js';

/** Guards every route of the application by API keys, or none of them when there are no options. */
@Module({})
export class AuthModule {
  static forRoot(options: AuthOptions | undefined): DynamicModule {
    const keys = options === undefined ? null : new ApiKeys(options.apiKeys);
    // A guard that lets everybody in would still cost every request its promises.
    const guards = keys === null ? [] : [{ provide: APP_GUARD, useClass: AuthGuard }];
    return {
      module: AuthModule,
      providers: [{ provide: API_KEYS, useValue: keys }, Authorizer, ...guards],
      exports: [Authorizer],
    };
  }
}

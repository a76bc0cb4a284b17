import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  type FactoryProvider,
  type InjectionToken,
} from '@nestjs/common';
import type { z } from 'zod';
import { parseOptions } from './parse-options.js';

/**
 * The base class and the options provider of a module with `forRoot` and `forRootAsync` (`useFactory`, `useClass` and
 * `useExisting`; the method of such a class is `create`): global in its application, its options parsed once for all of
 * them, so that they refuse the same.
 *
 * @param moduleName without `Module`; names the options in errors.
 * @param token what the parsed options are injected by.
 * @param needs modules that it takes what it injects from, unless `imports` of `forRootAsync` export the same.
 */
export function defineModuleOptions<S extends z.ZodType<unknown, object>>(
  moduleName: string,
  schema: S,
  token: InjectionToken,
  needs: NonNullable<DynamicModule['imports']> = [],
) {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<S>>({
    moduleName,
  })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({
      ...definition,
      global: true,
      // Nest takes a provider from the first import that exports it.
      imports: [...(definition.imports ?? []), ...needs],
    }))
    .build();
  const optionsProvider: FactoryProvider<Readonly<z.output<S>>> = {
    provide: token,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (raw: z.input<S>) => parseOptions(schema, raw, `${moduleName}Module options`),
  };
  return { ConfigurableModuleClass, optionsProvider };
}

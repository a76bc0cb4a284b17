import { ConfigurableModuleBuilder, type FactoryProvider, type InjectionToken } from '@nestjs/common';
import type { z } from 'zod';
import { parseOptions } from './parse-options.js';

/**
 * The base class and the options provider of a module with `forRoot` and `forRootAsync`: global in its application, its
 * options parsed once for both, so that both refuse the same.
 *
 * @param moduleName without `Module`; names the options in errors.
 * @param token what the parsed options are injected by.
 */
export function defineModuleOptions<S extends z.ZodType<unknown, object>>(
  moduleName: string,
  schema: S,
  token: InjectionToken,
) {
  const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<z.input<S>>({
    moduleName,
  })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
  const optionsProvider: FactoryProvider<Readonly<z.output<S>>> = {
    provide: token,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (raw: z.input<S>) => parseOptions(schema, raw, `${moduleName}Module options`),
  };
  return { ConfigurableModuleClass, optionsProvider };
}

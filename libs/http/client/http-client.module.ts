import { ConfigurableModuleBuilder, Module } from '@nestjs/common';
import { ClockModule, parseOptions } from '#core';
import {
  HTTP_CLIENT_OPTIONS,
  httpClientOptionsSchema,
  type HttpClientOptions,
} from './http-client-options.js';
import { HttpClient } from './http-client.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<HttpClientOptions>({
  moduleName: 'HttpClient',
})
  .setClassMethodName('forRoot')
  .setExtras({}, (definition) => ({ ...definition, global: true }))
  .build();

/** One {@link HttpClient} an application. */
@Module({
  imports: [ClockModule],
  providers: [
    {
      provide: HTTP_CLIENT_OPTIONS,
      inject: [MODULE_OPTIONS_TOKEN],
      useFactory: (raw: HttpClientOptions) =>
        parseOptions(httpClientOptionsSchema, raw, 'HttpClientModule options'),
    },
    HttpClient,
  ],
  exports: [HttpClient],
})
export class HttpClientModule extends ConfigurableModuleClass {}

import { Module } from '@nestjs/common';
import { ClockModule, defineModuleOptions } from '#core';
import { HTTP_CLIENT_OPTIONS, httpClientOptionsSchema } from './http-client-options.js';
import { HttpClient } from './http-client.js';

const { ConfigurableModuleClass, optionsProvider } = defineModuleOptions(
  'HttpClient',
  httpClientOptionsSchema,
  HTTP_CLIENT_OPTIONS,
  [ClockModule],
);

/** One {@link HttpClient} an application. */
@Module({
  providers: [optionsProvider, HttpClient],
  exports: [HttpClient],
})
export class HttpClientModule extends ConfigurableModuleClass {}

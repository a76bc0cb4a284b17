import { Module, type DynamicModule } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DOCUMENT_OPTIONS, OpenApiController } from './openapi.controller.js';
import type { DocumentOptions } from './openapi-document.js';

/** `GET /openapi.json`: every route of the application that has an `@Operation`. */
@Module({})
export class OpenApiModule {
  static forRoot(options: DocumentOptions): DynamicModule {
    return {
      module: OpenApiModule,
      imports: [DiscoveryModule],
      controllers: [OpenApiController],
      providers: [{ provide: DOCUMENT_OPTIONS, useValue: options }],
    };
  }
}

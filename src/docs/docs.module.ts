import { Module } from '@nestjs/common';
import { DocsController } from './docs.controller.js';
import { SwaggerUi } from './swagger-ui.js';

/** `GET /docs`: Swagger UI over `/openapi.json`. */
@Module({
  controllers: [DocsController],
  providers: [{ provide: SwaggerUi, useFactory: () => new SwaggerUi() }],
})
export class DocsModule {}

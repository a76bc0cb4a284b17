import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../auth/scope.decorators.js';
import { openApiDocument, type DocumentOptions } from './openapi-document.js';
import { getOpenApi } from './openapi.operations.js';
import { Operation } from './operation.js';
import { routesOf } from './routes.js';
import { cachedContent, sendCached, type CachedContent } from './send-cached.js';

export const DOCUMENT_OPTIONS = Symbol('openapi.document-options');

/** The description of all routes for programs, made when it is first asked for. */
@Public()
@Controller('openapi.json')
export class OpenApiController {
  #content: CachedContent | undefined;

  constructor(
    private readonly discovery: DiscoveryService,
    @Inject(DOCUMENT_OPTIONS) private readonly options: DocumentOptions,
  ) {}

  @Get()
  @Operation(getOpenApi)
  document(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#content ??= cachedContent(
      'application/json; charset=utf-8',
      JSON.stringify(openApiDocument(routesOf(this.discovery), this.options)),
    );
    sendCached(request, reply, this.#content);
  }
}

import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HttpServerError } from '#http';
import { Public } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { sendCached } from '../openapi/send-cached.js';
import { parseRequest } from '../problems/parse-request.js';
import { getDocs, getDocsFile } from './docs.operations.js';
import { CONTENT_SECURITY_POLICY } from './docs.pages.js';
import { SwaggerUi } from './swagger-ui.js';

/** The description of all routes for people. */
@Public()
@Controller('docs')
export class DocsController {
  constructor(private readonly swaggerUi: SwaggerUi) {}

  @Get()
  @Operation(getDocs)
  async page(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const page = await this.swaggerUi.page();
    void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
    sendCached(request, reply, page);
  }

  @Get(':file')
  @Operation(getDocsFile)
  async file(
    @Param() params: unknown,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const parsed = parseRequest(getDocsFile.request, { params });
    const file = await this.swaggerUi.file(parsed.params.file);
    if (file === undefined) throw new HttpServerError('ROUTE_NOT_FOUND', 'there is no such file');
    sendCached(request, reply, file);
  }
}

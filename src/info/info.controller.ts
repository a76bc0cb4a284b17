import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { getInfo } from './info.operations.js';
import { SERVICE_INFO, type ServiceInfo } from './service-info.js';

@Public()
@Controller('info')
export class InfoController {
  constructor(@Inject(SERVICE_INFO) private readonly service: ServiceInfo) {}

  @Get()
  @Operation(getInfo)
  info(): ServiceInfo {
    return this.service;
  }
}

import { Controller, Get, Inject } from '@nestjs/common';
import { Public } from '../auth/scope.decorators.js';
import { SERVICE_INFO, type ServiceInfo } from './service-info.js';

@Public()
@Controller('info')
export class InfoController {
  constructor(@Inject(SERVICE_INFO) private readonly service: ServiceInfo) {}

  @Get()
  info(): ServiceInfo {
    return this.service;
  }
}

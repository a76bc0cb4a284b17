import { Controller, type Type } from '@nestjs/common';
import { MetricsController } from '#metrics';
import type { AuthOptions } from '../auth/auth.options.js';
import { Public, RequireScope } from '../auth/scope.decorators.js';
import { Operation } from '../openapi/operation.js';
import { getMetrics } from './metrics.operations.js';

@Public()
@Operation(getMetrics)
@Controller()
class OpenMetricsController extends MetricsController {}

@RequireScope('read')
@Operation(getMetrics)
@Controller()
class ProtectedMetricsController extends MetricsController {}

/** `GET /metrics`: open to the scraper unless `auth.protectMetrics` is set. */
export function metricsController(auth: AuthOptions | undefined): Type<MetricsController> {
  return auth?.protectMetrics ? ProtectedMetricsController : OpenMetricsController;
}

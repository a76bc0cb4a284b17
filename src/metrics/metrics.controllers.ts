import { Controller, type Type } from '@nestjs/common';
import { MetricsController } from '#metrics';
import type { AuthOptions } from '../auth/auth.options.js';
import { Public, RequireScope } from '../auth/scope.decorators.js';

@Public()
@Controller()
class OpenMetricsController extends MetricsController {}

@RequireScope('read')
@Controller()
class ProtectedMetricsController extends MetricsController {}

/** `GET /metrics`: open to the scraper unless `auth.protectMetrics` is set. */
export function metricsController(auth: AuthOptions | undefined): Type<MetricsController> {
  return auth?.protectMetrics ? ProtectedMetricsController : OpenMetricsController;
}

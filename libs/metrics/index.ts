export { MetricsController } from './metrics.controller.js';
export { MetricsModule, type MetricsModuleOptions } from './metrics.module.js';
export { MetricsService, type GaugeSample } from './metrics.service.js';

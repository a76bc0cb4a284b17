export {
  OrchestraModule,
  type OrchestraModuleAsyncOptions,
  type OrchestraModuleExtras,
  type OrchestraModuleOptions,
} from './orchestra.module.js';
export {
  MAX_POOLS,
  driverSchema,
  orchestraOptionsSchema,
  type OrchestraOptions,
  type OrchestraOptionsInput,
} from './orchestra.options.js';
export { poolConfigSchema, type PoolConfig, type PoolConfigInput } from './pool-config.js';

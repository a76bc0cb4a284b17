export {
  Agent,
  AgentFactory,
  type AgentContext,
  type AgentProgress,
  type AgentProvider,
  type AgentResources,
  type AgentTask,
} from './ports/agent.js';
export { AgentGoneError, AgentLostError } from './ports/agent-lost.errors.js';
export { AgentPoolError, type AgentPoolErrorCode } from './ports/agent-pool.errors.js';
export { AgentPool } from './agent-pool.js';
export { AgentPoolModule, type AgentPoolModuleOptions } from './agent-pool.module.js';
export { agentOptionsOf } from './discovery/agent-options.js';
export { CallableAgent, type AgentCallable } from './callable-agent.js';
export type { Lease, LeaseOptions } from './lease.js';
export { poolDefinitionSchema, type PoolDefinition } from './pool-definition.js';
export {
  MAX_POOL_SIZE,
  SELECTIONS,
  poolOptionsSchema,
  poolResizeSchema,
  type PoolOptions,
  type PoolResize,
  type Selection,
} from './pool-options.js';
export {
  AGENT_STATES,
  POOL_HEALTHS,
  POOL_STATES,
  REFUSAL_CODES,
  type AgentSnapshot,
  type AgentState,
  type PoolHealth,
  type PoolScaling,
  type PoolSnapshot,
  type RefusalCode,
  type PoolState,
} from './snapshots.js';
export { SCALING_REASONS, type ScalingReason } from './scaling/desired-size.js';

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
  type PoolOptions,
  type Selection,
} from './pool-options.js';
export {
  AGENT_STATES,
  POOL_HEALTHS,
  REFUSAL_CODES,
  type AgentSnapshot,
  type AgentState,
  type PoolHealth,
  type PoolSnapshot,
  type RefusalCode,
} from './snapshots.js';

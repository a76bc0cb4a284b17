export { createTestOrchestra, type TestOrchestraOptions } from './create-test-orchestra.js';
export type { SeenExecution } from './execution-log.js';
export type { ExecutionSelector } from './execution-selector.js';
export { RecordedCall, type CallStatus } from './recorded-call.js';
export {
  MAX_RECORDED_CALLS,
  RecordingAgent,
  recordingAgent,
  type RecordingAgentBehaviour,
  type RecordingAgentOptions,
} from './recording-agent.js';
export { TestOrchestra } from './test-orchestra.js';
export { TestingError, type TestingErrorCode } from './testing.errors.js';
export { DEFAULT_WAIT_MS, type WaitLimit } from './waits.js';

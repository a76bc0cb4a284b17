export type { ExportOptions, ImportOptions } from './archive/archive.options.js';
export {
  ExecutionArchive,
  type ExportControl,
  type ImportControl,
  type ImportReport,
} from './archive/execution-archive.js';
export { DispatchError, type DispatchErrorCode } from './dispatch.errors.js';
export { DispatchModule } from './dispatch.module.js';
export {
  dispatchOptionsSchema,
  type DispatchOptions,
  type DispatchOptionsInput,
} from './dispatch.options.js';
export { WorkflowBuilder, defineWorkflow } from './document/define-workflow.js';
export {
  stepSchema,
  workflowSchema,
  type Step,
  type StepInput,
  type Workflow,
  type WorkflowInput,
} from './document/workflow.js';
export type { DrainReport } from './drain.js';
export type { WaitOptions } from './execution-watch.js';
export type { RepairOptions, RepairReport } from './execution-repair.js';
export { EXECUTIONS_QUEUE } from './execution-queue.js';
export type { ExecutionHandle, ReadEventsOptions } from './execution-handle.js';
export { isFinalEvent, type ExecutionEvent, type ExecutionEventType } from './execution/execution-event.js';
export {
  EXECUTION_STATUSES,
  STEP_STATUSES,
  STRATEGIES,
  isFinished,
  type Execution,
  type ExecutionStatus,
  type ExecutionSummary,
  type StepRecord,
  type StepStatus,
  type Strategy,
} from './execution/execution.js';
export type { ListExecutionsOptions } from './execution/execution-store.js';
export { ExpressionError } from './expressions/expression.errors.js';
export { submitOptionsSchema, type SubmitOptions } from './submit-request.js';
export { WorkflowDispatcher, type DispatcherStatus } from './workflow-dispatcher.js';

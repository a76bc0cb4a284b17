import type { Execution, ExecutionEvent } from '#dispatch';
import { viewOf, type ExecutionView } from '../progress/execution-view.js';

export const T0 = Date.UTC(2026, 0, 1);

/** An execution of these steps that has not begun. */
export function makeView(...steps: string[]): ExecutionView {
  const execution = {
    executionId: 'e-1',
    workflowId: 'demo',
    steps: Object.fromEntries(steps.map((id) => [id, { status: 'pending' }])),
  };
  return viewOf(execution as unknown as Execution);
}

/** An event `afterMs` of the beginning of time. */
export function makeEvent(type: ExecutionEvent['type'], afterMs: number, data: object = {}): ExecutionEvent {
  const time = new Date(T0 + afterMs).toISOString();
  return { position: '1', missed: 0, type, time, run: 1, data } as unknown as ExecutionEvent;
}

import type { Execution, ExecutionEvent } from '#dispatch';
import type { Display } from './display.js';
import { applyEvent, viewOf } from './execution-view.js';

/** Somewhere an execution can be followed: here, or at a service. */
export interface ExecutionSource {
  /** The execution as it was found. */
  first: Execution;
  /** The execution as it is by now. */
  get(): Promise<Execution>;
  /** From the first event to the final one. */
  events(): AsyncIterable<ExecutionEvent>;
}

/** Shows the execution until it has finished. */
export async function follow(source: ExecutionSource, display: Display): Promise<Execution> {
  const view = viewOf(source.first);
  display.open(view);
  try {
    for await (const event of source.events()) {
      if (event.missed !== 0) display.note(missedNote(event.missed));
      applyEvent(view, event);
      display.changed(event);
    }
  } finally {
    display.close();
  }
  return source.get();
}

function missedNote(missed: number | null): string {
  return `${missed ?? 'some'} earlier events are no longer kept`;
}

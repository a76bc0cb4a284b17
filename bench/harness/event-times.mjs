import { OrchestraEvents } from '../../dist/libs/events/index.js';

/** When executions started and completed, as the event stream told it: ms of `performance.now()`, by their ids. */
export function recordTimes(app) {
  const events = app.get(OrchestraEvents, { strict: false });
  const started = new Map();
  const completed = new Map();
  const stops = [
    events.on('execution.started', ({ executionId }) => started.set(executionId, performance.now())),
    events.on('execution.completed', ({ executionId }) => completed.set(executionId, performance.now())),
  ];
  return {
    /** @throws when it has not completed. */
    of(executionId) {
      const [startedAt, completedAt] = [started.get(executionId), completed.get(executionId)];
      if (startedAt === undefined || completedAt === undefined)
        throw new Error(`${executionId} did not complete`);
      return { startedAt, completedAt };
    },
    stop: () => stops.forEach((stop) => stop()),
  };
}

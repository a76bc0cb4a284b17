import type { ErrorFacts } from './error-facts.js';

/** The codes that only those meet who use the libraries; an answer has `INTERNAL_ERROR` or `SHUTTING_DOWN` in their place. */
export const THROWN: Readonly<Record<string, ErrorFacts>> = {
  CAPABILITY_DUPLICATE: {
    cause: 'Two pools of one capability.',
    remedy: 'Give each pool a capability of its own.',
  },
  QUEUE_CLOSED: {
    cause: 'The queue driver was closed.',
    remedy: 'Add nothing after the application closed.',
  },
  JOB_NOT_FOUND: {
    cause: 'No job of that id is kept.',
    remedy: 'Check the id and the retention of the job.',
  },
  JOB_STATE_CONFLICT: {
    cause: 'The job is not in a state in which that can be done: `details.state`.',
    remedy: 'Read the job first.',
  },
  JOB_DATA_INVALID: {
    cause: 'The data of a job, or its result, does not survive JSON unchanged: `details.problems`.',
    remedy: 'Use JSON values alone.',
  },
  JOB_FAILED: {
    cause: 'In the error of a job: its handler threw an error without a code of its own.',
    remedy: 'Read the message.',
  },
  STALE_ATTEMPT: {
    cause: 'A commit whose claim is not the latest one of its key; nothing was written.',
    remedy: 'Stop: another worker has the work now.',
  },
  ALREADY_EXISTS: {
    cause: 'A record that had to be absent is there: `details.key`; nothing was written.',
    remedy: 'Read the record that is there.',
  },
  NOT_FOUND: {
    cause: 'A record that had to be present is not: `details.key`; nothing was written.',
    remedy: 'Check the key.',
  },
  INVALID_COMMIT: {
    cause:
      'A commit that breaks a bound or holds what JSON cannot carry: `details.problems`; nothing was written.',
    remedy: 'Mend the commit.',
  },
  LIST_FULL: {
    cause: 'A list would hold more than `maxListLength`; nothing was written.',
    remedy: 'Take from the list first.',
  },
  STATE_CLOSED: {
    cause: 'The state store was closed.',
    remedy: 'Write nothing after the application closed.',
  },
  WAIT_TIMEOUT: {
    cause: 'What a test waits for did not come in time.',
    remedy: 'Read the message: it lists what came instead.',
  },
  ORCHESTRA_CLOSED: {
    cause: 'The orchestra was closed while a test waited.',
    remedy: 'Close it when the test has what it waits for.',
  },
  CALL_ENDED: {
    cause: 'A call of a recording agent that had ended was to be ended once more.',
    remedy: 'End each call once.',
  },
  TOO_MANY_CALLS: {
    cause: 'A recording agent was called more often than it records.',
    remedy: 'Make a new one for each test.',
  },
};

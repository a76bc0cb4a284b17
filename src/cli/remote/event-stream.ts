import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { AbortedError, Deadline, backoffDelayMs, messageOf, parseShape, type Timer } from '#core';
import { isFinished, type ExecutionEvent } from '#dispatch';
import { CliError } from '../cli-error.js';
import { formatDuration } from '../text/duration.js';
import { cloudEventSchema, executionSchema, toExecutionEvent } from './api-answers.js';
import { executionPath, type ApiClient } from './api-client.js';
import { ApiError } from './api-error.js';

/** The service sends a heartbeat far more often; a connection that is silent for so long is dead. */
const SILENCE_TIMEOUT_MS = 60_000;

/** Longest event that is read, in UTF-16 units; the service's are a few hundred. */
const MAX_EVENT_LENGTH = 1_048_576;

/** Connections that fail one after the other before it is given up: about two minutes. */
const MAX_FAILURES = 10;

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;

export interface EventStreamOptions {
  client: ApiClient;
  executionId: string;
  /** Ends the stream, with its reason. */
  signal: AbortSignal;
  /** Told before a connection that broke is made again. */
  onReconnect: (message: string) => void;
}

/**
 * The events of an execution of a service, from the first to the final one. A connection that breaks is made again, with
 * back-off, and goes on behind the last event.
 *
 * @throws {ApiError} when the service refuses; {CliError} when it is gone for good; the signal's reason.
 */
export async function* executionEvents(options: EventStreamOptions): AsyncGenerator<ExecutionEvent> {
  const { client, executionId, signal, onReconnect } = options;
  const state: StreamState = { lastId: undefined, retryMs: FIRST_RETRY_MS };
  for (let failures = 0; ;) {
    let cause = 'the service ended the stream';
    try {
      for await (const event of connection(options, state)) {
        failures = 0;
        yield event;
      }
      const { status } = await client.call('GET', executionPath(executionId), executionSchema, { signal });
      if (isFinished(status)) return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError && !error.retryable) throw error;
      cause = messageOf(error);
    }
    if (++failures > MAX_FAILURES) throw new CliError(`given up after ${MAX_FAILURES} attempts: ${cause}`);
    const delayMs = backoffDelayMs(
      { baseDelayMs: state.retryMs, maxDelayMs: MAX_RETRY_MS, multiplier: 2 },
      failures,
    );
    onReconnect(`${cause}; again in ${formatDuration(delayMs)}`);
    await client.clock.sleep(delayMs, { signal, ref: true });
  }
}

interface StreamState {
  lastId: string | undefined;
  retryMs: number;
}

/** The events of one connection, up to its end. */
async function* connection(
  { client, executionId, signal }: EventStreamOptions,
  state: StreamState,
): AsyncGenerator<ExecutionEvent> {
  const what = 'the event stream';
  const deadline = new Deadline({ clock: client.clock, parent: signal, what });
  let silence: Timer | undefined;
  const heard = (): void => {
    silence?.cancel();
    const reason = new AbortedError('timeout', `${what} was silent for ${SILENCE_TIMEOUT_MS} ms`);
    silence = client.clock.setTimer(() => deadline.abort(reason), SILENCE_TIMEOUT_MS);
  };
  heard();
  try {
    const response = await client.open('GET', executionPath(executionId, '/events'), {
      headers: {
        accept: 'text/event-stream',
        ...(state.lastId !== undefined && { 'last-event-id': state.lastId }),
      },
      signal: deadline.signal,
    });
    const arrived: ExecutionEvent[] = [];
    const parser = createParser({
      maxBufferSize: MAX_EVENT_LENGTH,
      onEvent: (message) => {
        arrived.push(...toEvents(message));
        if (message.id !== undefined) state.lastId = message.id;
      },
      onRetry: (ms) => (state.retryMs = Math.min(ms, MAX_RETRY_MS)),
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded')
          throw new CliError('an event of the stream is too long');
      },
    });
    const decoder = new TextDecoder();
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      heard();
      parser.feed(decoder.decode(chunk, { stream: true }));
      yield* arrived.splice(0);
    }
  } finally {
    silence?.cancel();
    deadline.dispose();
  }
}

/** None for what is no event of an execution, of a newer service. */
function toEvents({ id, data }: EventSourceMessage): ExecutionEvent[] {
  const parsed = parseShape(cloudEventSchema, parseJson(data));
  return 'data' in parsed ? [toExecutionEvent(id ?? '', parsed.data)] : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

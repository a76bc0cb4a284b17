import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { AbortedError, Deadline, backoffDelayMs, messageOf, parseJson, parseShape, type Timer } from '#core';
import { isFinished, type Execution, type ExecutionEvent } from '#dispatch';
import { CliError } from '../cli-error.js';
import { formatDuration } from '../text/duration.js';
import { cloudEventSchema, gapSchema, toExecutionEvent } from './api-answers.js';
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
  /** Asks for the execution as it is by now: how it stands tells whether a stream that ended is over. */
  get: () => Promise<Execution>;
  /** Ends the stream, with its reason. */
  signal: AbortSignal;
  /** Told before a connection that broke is made again. */
  onReconnect: (message: string) => void;
}

/**
 * The events of an execution of a service, from the first to the final one. A connection that breaks is made again, with
 * back-off and not before the time that the service asked for, and goes on behind the last event. When it returns, what
 * `get` gave last is the execution as it ended.
 *
 * @throws {ApiError} when the service refuses; {CliError} when it is gone for good; the signal's reason.
 */
export async function* executionEvents(options: EventStreamOptions): AsyncGenerator<ExecutionEvent> {
  const { client, get, signal, onReconnect } = options;
  const state: StreamState = { lastId: undefined, toldRetryMs: undefined };
  for (let failures = 0; ;) {
    let cause = 'the service ended the stream';
    let retryAfterMs = 0;
    try {
      for await (const event of connection(options, state)) {
        failures = 0;
        yield event;
      }
      if (isFinished((await get()).status)) return;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ApiError) {
        if (!error.retryable) throw error;
        retryAfterMs = error.retryAfterMs;
      }
      cause = messageOf(error);
    }
    if (++failures > MAX_FAILURES) throw new CliError(`given up after ${MAX_FAILURES} attempts: ${cause}`);
    const { toldRetryMs = 0 } = state;
    const backoff = {
      baseDelayMs: toldRetryMs || FIRST_RETRY_MS,
      maxDelayMs: MAX_RETRY_MS,
      multiplier: 2,
    };
    const leastMs = Math.min(Math.max(toldRetryMs, retryAfterMs), MAX_RETRY_MS);
    const delayMs = leastMs + backoffDelayMs(backoff, failures);
    onReconnect(`${cause}; again in ${formatDuration(delayMs)}`);
    await client.clock.sleep(delayMs, { signal, ref: true });
  }
}

interface StreamState {
  lastId: string | undefined;
  /** What the service asked for last. */
  toldRetryMs: number | undefined;
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
    // Told before the event that comes after the gap, in the same connection.
    let missed: number | null = 0;
    const parser = createParser({
      maxBufferSize: MAX_EVENT_LENGTH,
      onEvent: (message) => {
        if (message.event === 'gap') missed = missedOf(message);
        const event = toEvent(message, missed);
        if (event !== undefined) {
          arrived.push(event);
          missed = 0;
        }
        if (message.id !== undefined) state.lastId = message.id;
      },
      onRetry: (ms) => (state.toldRetryMs = ms),
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

/** Undefined for what is no event of an execution, of a newer service. */
function toEvent(
  { id: position = '', data }: EventSourceMessage,
  missed: number | null,
): ExecutionEvent | undefined {
  const parsed = parseShape(cloudEventSchema, parseJson(data));
  return 'data' in parsed ? toExecutionEvent({ position, missed }, parsed.data) : undefined;
}

/** How many events are missing at a gap. */
function missedOf({ data }: EventSourceMessage): number | null {
  const parsed = parseShape(gapSchema, parseJson(data));
  return 'data' in parsed ? parsed.data.missed : null;
}

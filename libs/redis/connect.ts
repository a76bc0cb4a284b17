import type { Redis } from 'ioredis';
import { BatchingRedis } from './batching-redis.js';
import type { ClientOptions } from './client-options.js';
import { serverOptions } from './redis-address.js';
import type { RedisOptions } from './redis.options.js';

/** Longest wait before a lost connection is tried again: what is healed is used again within about this time. */
const MAX_RECONNECT_DELAY_MS = 1_000;

/** Longest that a blocking read waits for work, and with it the silence that says nothing. @see BullMQ's `maximumBlockTimeout`, 10 s. */
const BLOCKING_SILENCE_MS = 12_000;

/** How long a socket that was ended waits for the goodbye of the server; ioredis keeps a timer for it, also when it is gone. */
const GOODBYE_MS = 50;

/**
 * Options of a connection whose commands must not hang: they fail at once while there is no connection, and so they do
 * after `commandTimeoutMs` without a word from a server that owes an answer, with the connection: a server answers in
 * order, so none would get its answer before the first. Nothing is sent twice: whoever asked decides whether to ask again.
 */
export function commandOptions(options: RedisOptions): ClientOptions {
  return {
    ...serverOptions(options),
    connectTimeout: options.connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    socketTimeout: options.commandTimeoutMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableAutoPipelining: false,
    lazyConnect: true,
    retryStrategy,
    reconnectOnError,
  };
}

/** Options of a connection that waits for work: its commands wait as long as it takes, and are sent again. */
export function waitingOptions(options: RedisOptions): ClientOptions {
  return {
    ...serverOptions(options),
    connectTimeout: options.connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    socketTimeout: BLOCKING_SILENCE_MS,
    maxRetriesPerRequest: null,
    retryStrategy,
    reconnectOnError,
  };
}

/** A client that was not connected yet. Without a listener its connection errors would end the process. */
export function makeClient(options: ClientOptions, onError: (error: Error) => void): Redis {
  const client = new BatchingRedis(options);
  client.on('error', (error: Error & { command?: unknown }) => {
    // Of a refused handshake it is the call with the password in it, and who prints an error prints all of it.
    delete error.command;
    onError(error);
  });
  return client;
}

/**
 * Ends a connection at once, whatever state it is in: commands that wait for an answer fail, and nothing of it is left,
 * not even when the server is frozen.
 */
export function hangUp(client: Redis): void {
  if (client.status !== 'end') {
    // Between two attempts `disconnect` would leave the waiting commands waiting for ever: an attempt can be ended.
    if (client.status === 'reconnecting') client.connect().catch(() => undefined);
    client.disconnect();
  }
  // A client that never connected has none, whatever its type says.
  (client.stream as Redis['stream'] | undefined)?.destroy();
}

function retryStrategy(times: number): number {
  const delayMs = Math.min(50 * 2 ** Math.min(times - 1, 10), MAX_RECONNECT_DELAY_MS);
  return delayMs * (0.5 + Math.random() / 2);
}

/** A failover has made a replica of the server: the name leads to the new one. */
function reconnectOnError(error: Error): boolean {
  return error.message.startsWith('READONLY');
}

import type { Redis } from 'ioredis';
import { JitteredLoop, type Clock } from '#core';
import { hangUp, makeClient, waitingOptions } from './connect.js';
import type { RedisOptions } from './redis.options.js';

/** What is told of a channel. Undefined after the connection was lost: whatever was published meanwhile is unknown. */
export type ChannelListener = (message: string | undefined) => void;

/** How often a connection that only listens is asked whether it lives; a half-open one would be silent for ever. */
const LIVENESS_INTERVAL_MS = 5_000;

export interface RedisChannelsOptions {
  clock: Clock;
  redis: RedisOptions;
  onError: (error: Error) => void;
}

/**
 * Listens to published messages, over one connection however many channels there are; without any there is none.
 *
 * Messages are hints and may be lost: whoever listens reads the truth after it has subscribed, and again whenever it is
 * told `undefined`.
 */
export class RedisChannels {
  readonly #options: RedisChannelsOptions;
  readonly #listeners = new Map<string, Set<ChannelListener>>();
  #client: Redis | undefined;
  #liveness: JitteredLoop | undefined;
  #closed = false;

  constructor(options: RedisChannelsOptions) {
    this.#options = options;
  }

  /**
   * Resolves once every later message will be heard.
   * @returns ends it; idempotent.
   * @throws what the connection failed with.
   */
  async subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(listener));
    const leave = (): void => this.#leave(channel, listener);
    try {
      // Sent even when the channel is known: its answer says that an earlier subscription has taken effect.
      await this.#connection().subscribe(channel);
    } catch (error) {
      leave();
      throw error;
    }
    return leave;
  }

  /** Ends every subscription, telling nobody. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#listeners.clear();
    if (this.#client !== undefined) hangUp(this.#client);
    await this.#liveness?.stop();
  }

  #leave(channel: string, listener: ChannelListener): void {
    const listeners = this.#listeners.get(channel);
    if (listeners?.delete(listener) !== true || listeners.size > 0) return;
    this.#listeners.delete(channel);
    // Behind a new subscription of the same channel it would end that one: they travel in order, so it is sent at once.
    if (!this.#closed) this.#client?.unsubscribe(channel).catch(() => undefined);
  }

  #connection(): Redis {
    if (this.#closed) throw new Error('the channels were closed');
    if (this.#client !== undefined) return this.#client;
    const { clock, redis, onError } = this.#options;
    const client = makeClient({ ...waitingOptions(redis), autoResubscribe: false }, onError);
    client.on('message', (channel: string, message: string) => this.#tell(channel, message));
    let lost = false;
    client.on('close', () => (lost = true));
    client.on('ready', () => {
      if (lost) this.#resume(client);
      lost = false;
    });
    this.#liveness = new JitteredLoop({
      clock,
      intervalMs: LIVENESS_INTERVAL_MS,
      run: () => this.#check(client),
      onError: () => client.disconnect(true),
    });
    this.#liveness.start();
    return (this.#client = client);
  }

  async #check(client: Redis): Promise<void> {
    if (client.status !== 'ready') return;
    const { clock, redis } = this.#options;
    const late = clock.setTimer(() => client.disconnect(true), redis.commandTimeoutMs);
    try {
      await client.ping();
    } finally {
      late.cancel();
    }
  }

  /** Subscribes to all channels again: only after that what was missed can be read without a gap. */
  #resume(client: Redis): void {
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0) return;
    client.subscribe(...channels).then(
      () => channels.forEach((channel) => this.#tell(channel, undefined)),
      // Lost once more: the next connection begins anew.
      () => undefined,
    );
  }

  #tell(channel: string, message: string | undefined): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) listener(message);
  }
}

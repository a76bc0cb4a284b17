import { Agent, Pool, fetch, request, type Dispatcher, type RequestInit as UndiciRequestInit } from 'undici';
import type { Clock } from '#core';
import type { ResolvedHttpClientOptions } from './http-client-options.js';

/** What `HttpClient` does, on undici; loaded when the first request is made. */
export class UndiciConnections {
  readonly #closeTimeoutMs: number;
  readonly #clock: Clock;
  readonly #agent: Agent;
  readonly #pools = new Set<Pool>();
  #closed: Promise<void> | undefined;

  constructor(options: ResolvedHttpClientOptions, clock: Clock) {
    this.#closeTimeoutMs = options.closeTimeoutMs;
    this.#clock = clock;
    this.#agent = new Agent({
      connections: options.connections,
      pipelining: options.pipelining,
      keepAliveTimeout: options.keepAliveTimeoutMs,
      keepAliveMaxTimeout: options.keepAliveMaxTimeoutMs,
      keepAliveTimeoutThreshold: options.keepAliveTimeoutThresholdMs,
      connect: { timeout: options.connectTimeoutMs },
      clientTtl: options.clientTtlMs,
      maxOrigins: options.maxOrigins,
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (origin, poolOptions) => this.#addPool(new Pool(origin, poolOptions)),
    });
  }

  request(
    url: string | URL,
    options: Omit<Dispatcher.RequestOptions, 'path' | 'origin'>,
  ): Promise<Dispatcher.ResponseData> {
    return request(url, { ...options, dispatcher: this.#agent });
  }

  /** The implementation is that of the same undici, as it demands; the casts bridge two releases of the same types. */
  async fetch(url: string | URL, init?: RequestInit): Promise<Response> {
    const answer: unknown = await fetch(url, {
      ...(init as UndiciRequestInit | undefined),
      dispatcher: this.#agent,
    });
    return answer as Response;
  }

  /** Idempotent; from the first moment new requests fail. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const deadline = new AbortController();
    const drained = this.#agent.close().then(() => deadline.abort());
    const timedOut = this.#clock
      .sleep(this.#closeTimeoutMs, { signal: deadline.signal })
      .catch(() => undefined);
    await Promise.race([drained, timedOut]);
    // Not `Agent.destroy`: in undici 7.30 a closing Agent has forgotten its pools and would destroy none of them.
    await Promise.all([...this.#pools].map((pool) => pool.destroy()));
    this.#pools.clear();
  }

  /** The Agent drops a pool when its last connection ends; so do we, at the next one that is made. */
  #addPool(pool: Pool): Pool {
    for (const other of this.#pools) if (other.destroyed) this.#pools.delete(other);
    this.#pools.add(pool);
    return pool;
  }
}

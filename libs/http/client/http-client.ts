import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, Pool, fetch, request, type Dispatcher, type RequestInit as UndiciRequestInit } from 'undici';
import { Clock } from '#core';
import { HTTP_CLIENT_OPTIONS, type ResolvedHttpClientOptions } from './http-client-options.js';

export interface HttpClientRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** Ends the request at once, also while its answer is read. Required: nothing else bounds the answer. */
  signal: AbortSignal;
}

export type HttpClientResponse = Dispatcher.ResponseData;

/**
 * The outgoing HTTP connections of the application: one pool an origin, kept alive, shared by everything that calls out.
 * Redirects are not followed.
 */
@Injectable()
export class HttpClient implements OnApplicationShutdown {
  readonly #options: ResolvedHttpClientOptions;
  readonly #clock: Clock;
  readonly #agent: Agent;
  readonly #pools = new Set<Pool>();
  #closed: Promise<void> | undefined;

  constructor(@Inject(HTTP_CLIENT_OPTIONS) options: ResolvedHttpClientOptions, clock: Clock) {
    this.#options = options;
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

  /**
   * Resolves when the head of the answer is there, whatever its status. The caller reads the body to its end or destroys
   * it; a body left unread holds its connection.
   *
   * @throws an undici or Node error when there is no answer; the signal's reason, once it is aborted.
   */
  request(url: string | URL, options: HttpClientRequest): Promise<HttpClientResponse> {
    return request(url, { ...options, dispatcher: this.#agent });
  }

  /**
   * The platform's `fetch` over these connections, for libraries that take one. The implementation is that of the same
   * undici, as it demands; the casts bridge two releases of the same types (ours and those within `@types/node`).
   */
  readonly fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const answer: unknown = await fetch(url, {
      ...(init as UndiciRequestInit | undefined),
      dispatcher: this.#agent,
    });
    return answer as Response;
  };

  /**
   * Lets requests under way end for `closeTimeoutMs`, then ends them. New ones fail from the first moment. Idempotent;
   * when it resolves, no connection is left.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** The last phase: what other modules still have to send while they shut down is sent before. */
  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const deadline = new AbortController();
    const drained = this.#agent.close().then(() => deadline.abort());
    const timedOut = this.#clock
      .sleep(this.#options.closeTimeoutMs, { signal: deadline.signal })
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

import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { Clock, loadPeer } from '#core';
import { HTTP_CLIENT_OPTIONS, type ResolvedHttpClientOptions } from './http-client-options.js';
import type { UndiciConnections } from './undici-connections.js';

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
 * Redirects are not followed. The peer dependency `undici` is loaded by the first request.
 */
@Injectable()
export class HttpClient implements OnApplicationShutdown {
  readonly #options: ResolvedHttpClientOptions;
  readonly #clock: Clock;
  #opening: Promise<UndiciConnections> | undefined;
  #closed: Promise<void> | undefined;

  constructor(@Inject(HTTP_CLIENT_OPTIONS) options: ResolvedHttpClientOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /**
   * Resolves when the head of the answer is there, whatever its status. The caller reads the body to its end or destroys
   * it; a body left unread holds its connection.
   *
   * @throws an undici or Node error when there is no answer; the signal's reason, once it is aborted;
   *   {MissingPeerError} without `undici`.
   */
  async request(url: string | URL, options: HttpClientRequest): Promise<HttpClientResponse> {
    const connections = await this.#connections();
    return connections.request(url, options);
  }

  /** The platform's `fetch` over these connections, for libraries that take one. @throws as `request`. */
  readonly fetch = async (url: string | URL, init?: RequestInit): Promise<Response> => {
    const connections = await this.#connections();
    return connections.fetch(url, init);
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

  async #connections(): Promise<UndiciConnections> {
    this.#opening ??= this.#open();
    const connections = await this.#opening;
    // Made by a request that came too late: closed, they refuse it in undici's own words.
    if (this.#closed !== undefined) void connections.close();
    return connections;
  }

  async #open(): Promise<UndiciConnections> {
    const undici = await loadPeer('undici', () => import('./undici-connections.js'));
    return new undici.UndiciConnections(this.#options, this.#clock);
  }

  async #close(): Promise<void> {
    const connections = await this.#opening?.catch(() => undefined);
    await connections?.close();
  }
}

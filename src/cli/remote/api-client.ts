import type { z } from 'zod';
import { Deadline, SystemClock, messageOf, type Clock } from '#core';
import type { Cli } from '../cli.js';
import { CliError } from '../cli-error.js';
import type { RemoteOptions } from '../commands/options.js';
import { parseAnswer, readText, refusal } from './read-answer.js';

const DEFAULT_URL = 'http://127.0.0.1:3000';

/** Longest wait for an answer, to its last byte. Nothing that is asked for here takes the service long. */
const ANSWER_TIMEOUT_MS = 30_000;

/** A `Date` header tells whole seconds, and may have been on its way for a while. */
const DATE_PRECISION_MS = 2_000;

export interface ApiRequest {
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  signal?: AbortSignal;
}

/** The REST calls of one service. */
export class ApiClient {
  readonly clock: Clock;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  #aheadMs = 0;

  /** @throws {CliError} for an address or key that no request can be made with. */
  constructor({ env }: Pick<Cli, 'env'>, options: RemoteOptions, clock: Clock = new SystemClock()) {
    this.clock = clock;
    this.#url = serviceUrl(options.url ?? (env.ORCHESTRA_URL || DEFAULT_URL));
    this.#headers = authorization(options.apiKey ?? env.ORCHESTRA_API_KEY);
  }

  /** @throws {ApiError} when the service refuses; {CliError} when there is none; the signal's reason. */
  async call<S extends z.ZodType>(
    method: 'GET' | 'POST',
    path: string,
    schema: S,
    { signal, ...request }: ApiRequest = {},
  ): Promise<z.output<S>> {
    const deadline = new Deadline({
      clock: this.clock,
      parent: signal,
      timeoutMs: ANSWER_TIMEOUT_MS,
      what: `${method} ${this.#url}${path}`,
      ref: true,
    });
    try {
      const response = await this.open(method, path, { ...request, signal: deadline.signal });
      return parseAnswer(schema, await readText(response), this.#url);
    } finally {
      deadline.dispose();
    }
  }

  /** An answer whose body is yet to be read. @throws as `call` does. */
  async open(
    method: 'GET' | 'POST',
    path: string,
    { query = {}, body, headers = {}, signal }: ApiRequest,
  ): Promise<Response> {
    const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const search = given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
    const response = await fetch(`${this.#url}${path}${search}`, {
      method,
      headers: {
        ...this.#headers,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // Whoever redirects is no service of ours, and the key is for nobody else.
      redirect: 'error',
      signal: signal ?? null,
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(error, this.#url);
    });
    this.#noteDate(response.headers.get('date'));
    if (response.ok) return response;
    throw refusal(response.status, await readText(response), this.#url);
  }

  /** How far the service's wall clock is ahead of ours, ms, as its last answer tells; 0 when they agree. */
  get aheadMs(): number {
    return this.#aheadMs;
  }

  #noteDate(date: string | null): void {
    const ahead = Date.parse(date ?? '') - this.clock.now();
    this.#aheadMs = Math.abs(ahead) > DATE_PRECISION_MS ? ahead : 0;
  }
}

/** An id as a part of a path. */
export function executionPath(executionId: string, verb = ''): string {
  return `/v1/executions/${encodeURIComponent(executionId)}${verb}`;
}

function serviceUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new CliError('the address of the service must be a URL: http://host:port');
  }
  if (url.username !== '' || url.password !== '')
    throw new CliError('the address of the service must not hold a password: see --api-key');
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

function authorization(apiKey: string | undefined): Record<string, string> {
  if (apiKey === undefined || apiKey === '') return {};
  // What fetch says of a bad header holds the header.
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new CliError('the API key has characters that no key has');
  return { authorization: `Bearer ${apiKey}` };
}

function unreachable(error: unknown, url: string): CliError {
  const { cause } = error as { cause?: unknown };
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'ECONNREFUSED') {
    const message = `nothing listens on ${url}: start the service (orchestra serve), or name another with --url`;
    return new CliError(message, { cause: error });
  }
  return new CliError(`${url} cannot be reached: ${messageOf(cause ?? error)}`, { cause: error });
}

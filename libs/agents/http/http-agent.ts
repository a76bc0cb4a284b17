import type { Agent, AgentContext, AgentTask } from '#agent-pool';
import type { Clock } from '#core';
import type { HttpClient, HttpClientResponse } from '#http';
import { AgentError } from '../agents.errors.js';
import { checkOutput, outputTooLarge } from '../output/check-output.js';
import { decodeOutput, preview } from './decode-output.js';
import { headerText } from './header-text.js';
import type { ResolvedHttpAgentOptions } from './http-agent-options.js';
import { isRetryableStatus, networkError } from './http-errors.js';
import { readBody } from './response-body.js';
import { parseRetryAfterMs } from './retry-after.js';
import { tcpConnect } from './tcp-connect.js';

/** Read of an answer that is an error, to keep its connection; a longer one costs it. */
const MAX_ERROR_BODY_BYTES = 16_384;

/**
 * An agent behind the http agent protocol: a task is one `POST`, its 2xx JSON answer is the output.
 *
 * One execute is one request: attempts are counted, spaced (`details.retryAfterMs`) and shown by whoever runs the step.
 */
export class HttpAgent implements Agent {
  readonly #options: ResolvedHttpAgentOptions;
  readonly #client: HttpClient;
  readonly #clock: Clock;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: ResolvedHttpAgentOptions, client: HttpClient, clock: Clock) {
    this.#options = options;
    this.#client = client;
    this.#clock = clock;
    this.#headers = { ...options.headers, 'content-type': 'application/json', accept: 'application/json' };
  }

  /** @throws {AgentError} see its codes; the signal's reason, at the moment of its abort. */
  async execute(task: AgentTask, context: AgentContext): Promise<unknown> {
    const { signal } = context;
    signal.throwIfAborted();
    const body = encodeTask(task);
    try {
      const headers = this.#taskHeaders(context);
      const response = await this.#client.request(this.#options.url, {
        method: 'POST',
        headers,
        body,
        signal,
      });
      return await this.#output(response);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof AgentError ? error : networkError(error);
    }
  }

  /** `GET healthUrl`, or a TCP connect to `url`. @throws {AgentError}; the signal's reason. */
  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { url, healthUrl, headers } = this.#options;
    try {
      if (healthUrl === undefined) {
        await tcpConnect(url, signal);
        return;
      }
      const response = await this.#client.request(healthUrl, {
        method: 'GET',
        headers: { ...headers },
        signal,
      });
      const body = await readBody(response, MAX_ERROR_BODY_BYTES);
      if (!isSuccess(response)) throw this.#httpError(response, body);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof AgentError ? error : networkError(error);
    }
  }

  /** Holds nothing: the connections are the client's. */
  async dispose(): Promise<void> {}

  #taskHeaders({ idempotencyKey, deadline, traceparent }: AgentContext): Record<string, string> {
    const headers: Record<string, string> = {
      ...this.#headers,
      'idempotency-key': headerText(idempotencyKey),
    };
    if (traceparent !== null) headers.traceparent = traceparent;
    if (deadline !== null) {
      headers['x-deadline-ms'] = String(Math.max(1, Math.floor(Date.parse(deadline) - this.#clock.now())));
    }
    return headers;
  }

  async #output(response: HttpClientResponse): Promise<unknown> {
    if (!isSuccess(response)) throw this.#httpError(response, await readBody(response, MAX_ERROR_BODY_BYTES));
    const { maxOutputBytes } = this.#options;
    const body = await readBody(response, maxOutputBytes);
    if (body === undefined) throw outputTooLarge(maxOutputBytes);
    return checkOutput(decodeOutput(body, response.headers['content-type']), maxOutputBytes);
  }

  #httpError({ statusCode, headers }: HttpClientResponse, body: Buffer | undefined): AgentError {
    const retryAfterMs = parseRetryAfterMs(headers['retry-after'], this.#clock.now());
    const redirect = statusCode < 400;
    return new AgentError(
      'AGENT_HTTP_ERROR',
      redirect
        ? `the agent answered ${statusCode}: redirects are not followed, configure the final URL`
        : `the agent answered ${statusCode}`,
      {
        retryable: isRetryableStatus(statusCode),
        details: {
          status: statusCode,
          ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
          ...(body === undefined || body.length === 0 ? {} : { preview: preview(body) }),
        },
      },
    );
  }
}

function isSuccess({ statusCode }: HttpClientResponse): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function encodeTask({ executionId, stepId, attempt, capability, input }: AgentTask): string {
  return JSON.stringify({ executionId, stepId, attempt, capability, input });
}

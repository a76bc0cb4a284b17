import { Agent, request } from 'undici';
import type { Execution, ExecutionSummary } from '#dispatch';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The body as JSON; undefined when it is none. */
  json: ReturnType<typeof JSON.parse>;
}

export interface SendOptions {
  headers?: Record<string, string>;
  /** Sent as it is when it is text or bytes, as JSON otherwise. */
  body?: unknown;
  signal?: AbortSignal;
}

/** Longest wait for an answer: what takes longer is a failure of its own. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Talks to one service over keep-alive connections. */
export class Client {
  readonly #dispatcher = new Agent({ headersTimeout: ANSWER_TIMEOUT_MS, bodyTimeout: ANSWER_TIMEOUT_MS });

  constructor(readonly url: string) {}

  async send(
    method: string,
    path: string,
    { headers = {}, body, signal }: SendOptions = {},
  ): Promise<Answer> {
    const raw = typeof body === 'string' || Buffer.isBuffer(body) || body === undefined;
    const answer = await request(`${this.url}${path}`, {
      method: method as 'GET',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: raw ? body : JSON.stringify(body),
      dispatcher: this.#dispatcher,
      signal,
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) };
  }

  get(path: string, options?: SendOptions): Promise<Answer> {
    return this.send('GET', path, options);
  }

  post(path: string, body?: unknown, options?: SendOptions): Promise<Answer> {
    return this.send('POST', path, { ...options, body });
  }

  /** The id of an accepted execution. @throws with the answer, when it was refused. */
  async submit(workflow: unknown, rest: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post('/v1/executions', { workflow, ...rest });
    if (answer.status !== 202) throw new Error(`refused: ${answer.status} ${answer.text}`);
    return answer.json.executionId as string;
  }

  /** The execution once it has finished. @throws when it does not. */
  async finished(executionId: string, waitMs = 20_000): Promise<Execution> {
    const { status, json, text } = await this.get(`/v1/executions/${executionId}?waitMs=${waitMs}`);
    const execution = json as Execution;
    if (status !== 200 || execution.finishedAt === null) throw new Error(`not finished: ${status} ${text}`);
    return execution;
  }

  /** Submits and waits for the end. */
  async run(workflow: unknown, rest: Record<string, unknown> = {}): Promise<Execution> {
    return this.finished(await this.submit(workflow, rest));
  }

  async list(query = ''): Promise<{ items: ExecutionSummary[]; nextCursor: string | null }> {
    const { json } = await this.get(`/v1/executions${query}`);
    return json as { items: ExecutionSummary[]; nextCursor: string | null };
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

function parse(text: string): ReturnType<typeof JSON.parse> {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

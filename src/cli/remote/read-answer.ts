import type { z } from 'zod';
import { parseJson, parseShape } from '#core';
import { CliError } from '../cli-error.js';
import { problemSchema } from './api-answers.js';
import { ApiError } from './api-error.js';

/** Longest answer that is read: a page of five hundred executions is a thousandth of it. */
const MAX_ANSWER_BYTES = 256 * 1_048_576;

/** @throws {CliError} when the answer is too long; what the stream throws. */
export async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) throw new CliError(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** @throws {CliError} when the answer is not what a service of ours says. */
export function parseAnswer<S extends z.ZodType>(schema: S, text: string, url: string): z.output<S> {
  const parsed = parseShape(schema, parseJson(text));
  if ('data' in parsed) return parsed.data;
  throw new CliError(`${url} did not answer as an orchestra service does: is it one, and of this version?`);
}

/** The problem that an error answer tells, with every single one that it lists. */
export function refusal(status: number, text: string, url: string): ApiError {
  const parsed = parseShape(problemSchema, parseJson(text));
  if (!('data' in parsed)) {
    const message = `${url} answered ${status}, and not as an orchestra service does`;
    return new ApiError(message, { status, code: '', problems: [] });
  }
  const { code, detail, errors = [], retryAfterMs } = parsed.data;
  const lines = errors.map(({ path, message }) => (path === '' ? `- ${message}` : `- ${path}: ${message}`));
  const hint = status === 401 ? ['set ORCHESTRA_API_KEY, or --api-key'] : [];
  const message = [`${code}: ${detail}`, ...lines, ...hint].join('\n');
  return new ApiError(message, { status, code, problems: errors, retryAfterMs });
}

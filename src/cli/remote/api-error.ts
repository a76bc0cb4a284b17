import { CliError } from '../cli-error.js';

export interface ApiErrorFacts {
  status: number;
  code: string;
  problems: readonly { path: string; message: string }[];
  retryAfterMs?: number | undefined;
}

/** What a service refused, or could not do. */
export class ApiError extends CliError {
  readonly status: number;
  readonly code: string;
  /** What is wrong with the request, where that was the reason. */
  readonly problems: readonly { path: string; message: string }[];
  /** When the same request may succeed, as the service says; 0 when it says nothing. */
  readonly retryAfterMs: number;

  constructor(message: string, { status, code, problems, retryAfterMs = 0 }: ApiErrorFacts) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.problems = problems;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed a little later. */
  get retryable(): boolean {
    return this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

/** What a code means: the source of docs/errors.md, and of what the OpenAPI document says of each problem. */
export interface ErrorFacts {
  cause: string;
  /** What to do about it. */
  remedy: string;
  /** Whether the same request or work may succeed when it is tried again. Default: what the table of problems says, or no. */
  retryable?: 'yes' | 'no' | 'it depends';
}

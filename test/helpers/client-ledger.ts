import type { Execution } from '#dispatch';
import type { Answer } from './client.js';
import type { Service } from './service.js';

export interface Accepted {
  executionId: string;
  body: { workflow: unknown } & Record<string, unknown>;
  /** How it may end. */
  ends: readonly Execution['status'][];
  at: number;
}

export interface SubmitOptions {
  headers?: Record<string, string>;
  /** Default: `completed`. */
  ends?: readonly Execution['status'][];
}

/** No answer at all: the process that was asked has died, or hung up. */
export const UNANSWERED = 'UNANSWERED';

/** The ledger of what clients were promised: every 202, and what was answered instead of one. */
export class ClientLedger {
  readonly accepted: Accepted[] = [];
  /** How often a submit was refused, by code. */
  readonly refusals: Record<string, number> = {};
  /** Of every submit that was answered. */
  readonly latenciesMs: number[] = [];

  /** @returns the id, unless it was refused. */
  async submit(
    service: Service,
    body: Accepted['body'],
    { headers, ends = ['completed'] }: SubmitOptions = {},
  ): Promise<string | undefined> {
    const from = performance.now();
    const answer = await service.client
      .post('/v1/executions', body, { headers })
      .catch((): Answer | undefined => undefined);
    if (answer !== undefined) this.latenciesMs.push(performance.now() - from);
    if (answer?.status !== 202) {
      const code = answer === undefined ? UNANSWERED : String(answer.json?.code ?? answer.status);
      this.refusals[code] = (this.refusals[code] ?? 0) + 1;
      return undefined;
    }
    const { executionId } = answer.json as { executionId: string };
    this.accepted.push({ executionId, body, ends, at: Date.now() });
    return executionId;
  }

  /** Of the answers so far. */
  get p95Ms(): number {
    const sorted = [...this.latenciesMs].sort((a, b) => a - b);
    return Math.round(sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0);
  }
}

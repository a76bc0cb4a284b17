import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One line of test/fixtures/recording-agent.mjs. */
export interface Effect {
  phase: 'begin' | 'end' | 'broken';
  executionId: string;
  stepId: string;
  attempt: number;
  idempotencyKey: string;
  pid: number;
  /** Ms since the epoch. */
  at: number;
  /** Of a broken one: the kind of the abort, or what it threw. */
  reason?: string;
}

/** The ledger of what really happened: every call of an agent, written by the agents themselves. */
export class Effects {
  readonly #folder = mkdtempSync(join(tmpdir(), 'effects-'));
  readonly file = join(this.#folder, 'effects.ndjson');

  constructor() {
    writeFileSync(this.file, '');
  }

  all(): Effect[] {
    const lines = readFileSync(this.file, 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Effect);
  }

  /** Those of one execution, or of one step of it, in order. */
  of(executionId: string, stepId?: string): Effect[] {
    return this.all().filter(
      (effect) => effect.executionId === executionId && (stepId === undefined || effect.stepId === stepId),
    );
  }

  begun(executionId: string, stepId?: string): Effect[] {
    return this.of(executionId, stepId).filter(({ phase }) => phase === 'begin');
  }

  delete(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

interface Plan {
  rounds: number;
  warmUpRounds: number;
  roundMs: number;
}

export function interleave<T>(
  contestants: Record<string, { round(ms: number): Promise<T> }>,
  plan: Plan,
): Promise<Record<string, T[]>>;
export function ratios(ours: readonly number[], theirs: readonly number[]): number[];
export function keepInFlight(inFlight: number, ms: number, once: () => Promise<unknown>): Promise<number>;

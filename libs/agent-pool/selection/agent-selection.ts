/** What a selection may know of an agent. */
export interface SelectionCandidate {
  /** Whether it can take a task now. */
  readonly free: boolean;
  /** Tasks under way. */
  readonly active: number;
  /** Tasks that it runs at once at most. */
  readonly concurrency: number;
  readonly statistics: {
    /** Exponential moving average; null before the first task. */
    readonly averageLatencyMs: number | null;
    /** Of the latest tasks, 0..1; 1 before the first. */
    readonly recentSuccessRate: number;
    /** Monotonic. */
    readonly lastEndedAtMs: number;
  };
}

/** Chooses the agent of the next lease. One instance a pool, for it may remember whose turn it is. */
export interface AgentSelection {
  /** One of the free agents, undefined when none is. The order of `agents` stays the same from call to call. */
  select<A extends SelectionCandidate>(agents: readonly A[]): A | undefined;
}

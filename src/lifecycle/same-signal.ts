/** Two signals within this time are one: a terminal and a process manager may both send theirs, as `npx` does. */
export const SAME_SIGNAL_MS = 200;

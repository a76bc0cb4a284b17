/** All there is to tell of a fault of ours, for the log. Imports nothing: `main.ts` needs it before anything is loaded. */
export function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}

const MAX_TURNS = 2_000;

/** One turn of the event loop: promise callbacks run to their end. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What `probe` gives as soon as that is neither undefined nor false; looks once a turn of the event loop. */
export async function until<T>(probe: () => T | undefined | false): Promise<T> {
  for (let turns = 0; turns < MAX_TURNS; turns++) {
    const found = probe();
    if (found !== undefined && found !== false) return found;
    await turn();
  }
  throw new Error(`never came: ${probe.toString()}`);
}

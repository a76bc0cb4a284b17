/**
 * Rounds of several contestants in turn, so that what else the machine does in the meantime meets all of them alike. Who
 * begins changes with each round.
 *
 * @param contestants by name; each has a `round(ms)`.
 * @returns by name, what its rounds gave; those of the warm-up are dropped.
 */
export async function interleave(contestants, { rounds, warmUpRounds, roundMs }) {
  const names = Object.keys(contestants);
  const results = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -warmUpRounds; round < rounds; round++) {
    const first = Math.abs(round) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const result = await contestants[name].round(roundMs);
      if (round >= 0) results[name].push(result);
    }
  }
  return results;
}

/** How many times over the first is the second, round by round. */
export function ratios(ours, theirs) {
  return ours.map((value, round) => value / theirs[round]);
}

/**
 * Has `once` under way `inFlight` times at once for `ms`, and waits for those under way.
 * @returns how often it was done.
 */
export async function keepInFlight(inFlight, ms, once) {
  const end = performance.now() + ms;
  let done = 0;
  const loop = async () => {
    while (performance.now() < end) {
      await once();
      done++;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, loop));
  return done;
}

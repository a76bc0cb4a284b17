/**
 * How long work may go on in one turn of the event loop, ms. Timers, sockets and health checks wait for so long at most,
 * plus whatever single part of the work was the last.
 */
export const TURN_BUDGET_MS = 10;

/** When the turn under way was first asked about; undefined: nobody has asked yet in this turn. */
let turnBegan: number | undefined;

/** Those whose turn has not come yet, in order. Each waits at most the budgets of those before it. */
const waiting: (() => void)[] = [];

/**
 * Lets long work go on piece by piece: between two pieces `const pause = turnOver(); if (pause !== undefined) await pause;`.
 *
 * Undefined as long as the time of this turn of the event loop is not used up. Else a promise of the next turn that is
 * free: whoever works in this process shares the turns, one piece of work each, first come first served; so ten large
 * documents block the loop for no longer than one, and a small one waits for no large one to end.
 */
export function turnOver(): Promise<void> | undefined {
  if (turnBegan === undefined) {
    turnBegan = performance.now();
    setImmediate(nextTurn);
    return undefined;
  }
  if (performance.now() - turnBegan < TURN_BUDGET_MS) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}

function nextTurn(): void {
  const next = waiting.shift();
  if (next === undefined) {
    turnBegan = undefined;
    return;
  }
  turnBegan = performance.now();
  setImmediate(nextTurn);
  next();
}

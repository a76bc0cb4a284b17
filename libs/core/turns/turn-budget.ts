/**
 * How long work may go on in one turn of the event loop, ms. Timers, sockets and health checks wait for so long at most,
 * plus whatever single part of the work was the last.
 */
export const TURN_BUDGET_MS = 10;

/** Those who had their turn leave the line in groups of so many. */
const COMPACT_AT = 1_024;

/** When the turn under way was first asked about; undefined: nobody has asked yet in this turn. */
let turnBegan: number | undefined;

/** Those whose turn has not come yet, in order. Each waits at most the budgets of those before it. */
const waiting: (() => void)[] = [];
/** How many of them have had their turn: to take each off the front would move all the others. */
let served = 0;

/**
 * Lets long work go on piece by piece: between two pieces `const pause = turnOver(); if (pause !== undefined) await pause;`.
 *
 * Undefined as long as the time of this turn of the event loop is not used up. Else a promise of a later turn: whoever
 * works in this process shares the turns, first come first served; so ten large documents block the loop for no longer
 * than one, and a small one waits for no large one to end.
 */
export function turnOver(): Promise<void> | undefined {
  if (turnBegan === undefined) {
    beginTurn();
    return undefined;
  }
  if (performance.now() - turnBegan < TURN_BUDGET_MS) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}

function beginTurn(): void {
  turnBegan = performance.now();
  setImmediate(nextTurn);
}

function nextTurn(): void {
  turnBegan = undefined;
  if (served === waiting.length) return;
  beginTurn();
  serve();
}

/** Lets the first of those who wait go on, and the next one as well if that took next to no time. */
function serve(): void {
  waiting[served++]?.();
  if (served === waiting.length || served === COMPACT_AT) {
    waiting.splice(0, served);
    served = 0;
  }
  // A tick asked for by a promise callback comes after the last of them, when all that was waited for is done.
  queueMicrotask(() => process.nextTick(serveMore));
}

function serveMore(): void {
  const left = turnBegan === undefined ? 0 : TURN_BUDGET_MS - (performance.now() - turnBegan);
  if (served < waiting.length && left > 0) serve();
}

export interface TurnListener {
  turnEnded(): void;
}

let listeners: TurnListener[] = [];

/** Tells it once this turn of the event loop is over, when its promise callbacks have run. One immediate serves all. */
export function atEndOfTurn(listener: TurnListener): void {
  if (listeners.push(listener) === 1) setImmediate(endTurn);
}

function endTurn(): void {
  const ending = listeners;
  listeners = [];
  for (const listener of ending) listener.turnEnded();
}

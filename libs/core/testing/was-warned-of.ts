/** Whether Node has printed a MaxListenersExceededWarning for `signal`; it keeps a note of that on the signal. */
export function wasWarnedOf(signal: AbortSignal): boolean {
  const note = Object.getOwnPropertySymbols(signal).find(
    ({ description }) => description === 'events.maxEventTargetListenersWarned',
  );
  if (note === undefined) throw new Error('this version of Node notes its warnings elsewhere');
  return Reflect.get(signal, note) === true;
}

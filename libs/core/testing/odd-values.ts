/** `levels` arrays, one in the other. */
export function nested(levels: number, innermost: unknown = 0): unknown {
  let value = innermost;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

/** A getter, or a trap of a proxy, that does not let itself be read. */
export const throwing = (): never => {
  throw new Error('trap');
};

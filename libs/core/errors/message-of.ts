const UNKNOWN = 'unknown error';

/** How many messages of an aggregate stand for it. */
const MAX_PARTS = 5;

/**
 * What to show of anything that was thrown: its message, or itself when it is a primitive. Never throws, whatever
 * getters, proxies and `toString` methods do. An aggregate without a message of its own (a refused connection to a
 * host of several addresses is one) shows those of its first errors.
 */
export function messageOf(thrown: unknown): string {
  return ownMessage(thrown) ?? aggregateMessage(thrown) ?? UNKNOWN;
}

/** A property of anything that was thrown; undefined when it cannot be read. */
export function readProperty(thrown: unknown, key: string): unknown {
  try {
    return (thrown as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

function ownMessage(thrown: unknown): string | undefined {
  const message =
    isObject(thrown) || typeof thrown === 'function' ? readProperty(thrown, 'message') : String(thrown);
  return typeof message === 'string' && message !== '' ? message : undefined;
}

function aggregateMessage(thrown: unknown): string | undefined {
  const errors = isObject(thrown) ? readProperty(thrown, 'errors') : undefined;
  try {
    if (!Array.isArray(errors) || errors.length === 0) return undefined;
    const messages = errors.slice(0, MAX_PARTS).map((error: unknown) => ownMessage(error) ?? UNKNOWN);
    return messages.join('; ');
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

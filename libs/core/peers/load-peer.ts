import { messageOf, readProperty } from '../errors/message-of.js';
import { OrchestraError } from '../errors/orchestra-error.js';

/** `PEER_MISSING`: an optional peer dependency that this use of the package needs is not installed: `details.packages`. */
export class MissingPeerError extends OrchestraError<'PEER_MISSING'> {
  constructor(packages: readonly string[], cause?: unknown) {
    const names = packages.join(' ');
    super('PEER_MISSING', `not installed: ${names}. Install what this needs: npm install ${names}`, {
      details: { packages },
      cause,
    });
  }
}

/**
 * Loads what needs an optional peer dependency, at its first use, so that whoever never uses it need not install it.
 *
 * @param packages the package, or the packages that are installed together.
 * @param load an `import()` of the package, or of a file of ours that imports it.
 * @throws {MissingPeerError} when one of them is not installed; whatever else `load` rejects with, as it is.
 *
 * @example
 * ```ts
 * const { Agent } = await loadPeer('undici', () => import('undici'));
 * ```
 */
export async function loadPeer<T>(packages: string | readonly string[], load: () => Promise<T>): Promise<T> {
  const names = [packages].flat();
  try {
    return await load();
  } catch (error) {
    throw names.some((name) => isMissing(error, name)) ? new MissingPeerError(names, error) : error;
  }
}

/** Node names the package in the message alone; `import()` and `require()` have a code each. */
function isMissing(error: unknown, name: string): boolean {
  const code = readProperty(error, 'code');
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return false;
  const [firstLine = ''] = messageOf(error).split(/\n| imported from /);
  return firstLine.includes(`'${name}'`) || firstLine.includes(`'${name}/`);
}

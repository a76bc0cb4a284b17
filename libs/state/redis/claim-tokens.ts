import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** Claims whose tokens are remembered: more than a process has executions under way. */
const MAX_REMEMBERED = 20_000;

/**
 * What tells two claims of the same number apart. A server that comes back without its latest writes (a replica that lagged
 * behind, a log that was not synced) gives a number out again, and both workers would pass for the latest one; by its
 * token only one does. A claim that is not remembered, or was taken by another store, goes by its number alone.
 */
export class ClaimTokens {
  readonly #own = randomBytes(6).toString('base64url');
  readonly #remembered = new LRUCache<string, string>({ max: MAX_REMEMBERED });
  #made = 0;

  make(): string {
    return `${this.#own}${(this.#made++).toString(36)}`;
  }

  note(key: string, claim: number, token: string): void {
    this.#remembered.set(key, fenceText(claim, token));
  }

  /** What the claim of the key on the server has to begin with. */
  fenceOf(key: string, claim: number): string {
    const number = `${claim}:`;
    const remembered = this.#remembered.get(key);
    return remembered?.startsWith(number) === true ? remembered : number;
  }
}

/** As the script of a claim writes it; the end belongs to it, for a token may begin as another one. */
function fenceText(claim: number, token: string): string {
  return `${claim}:${token};`;
}

import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from './auth.options.js';

/** The keys that are known, by their digests; the keys themselves are nowhere. */
export class ApiKeys {
  readonly #keys: readonly { digest: Buffer; key: ApiKey }[];

  constructor(keys: readonly ApiKey[]) {
    this.#keys = keys.map((key) => ({ digest: Buffer.from(key.sha256, 'hex'), key }));
  }

  /** Compares with all keys, each in constant time, so that the time taken tells nothing about any of them. */
  find(presented: string): ApiKey | undefined {
    // In one call, and as text: a Hash, or a Buffer of its own, takes twice as long.
    const digest = Buffer.from(hash('sha256', presented, 'hex'), 'hex');
    let found: ApiKey | undefined;
    for (const known of this.#keys) if (timingSafeEqual(known.digest, digest)) found = known.key;
    return found;
  }
}

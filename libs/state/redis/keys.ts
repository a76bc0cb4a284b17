import { keyTag, type RedisOptions } from '#redis';

/** The names of all that the store keeps on a server. All of them are in one slot of a cluster, as scripts need it. */
export class Keys {
  readonly #tag: string;

  constructor(options: Pick<RedisOptions, 'keyPrefix'>) {
    this.#tag = keyTag(options);
  }

  record(name: string): string {
    return `${this.#tag}:r:${name}`;
  }

  index(name: string): string {
    return `${this.#tag}:i:${name}`;
  }

  /** Also the channel that tells of what is appended. */
  log(name: string): string {
    return `${this.#tag}:g:${name}`;
  }

  list(name: string): string {
    return `${this.#tag}:l:${name}`;
  }
}

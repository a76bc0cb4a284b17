import { createHash } from 'node:crypto';
import { Command, type Redis } from 'ioredis';

/** A Lua script, which the server runs without anything in between: sent as its digest, as text where that is unknown. */
export class Script {
  readonly #lua: string;
  readonly #digest: string;

  constructor(lua: string) {
    this.#lua = lua;
    this.#digest = createHash('sha1').update(lua).digest('hex');
  }

  async run(client: Redis, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await send(client, 'evalsha', this.#digest, keys, args);
    } catch (error) {
      // Restarted, or another server by now. It ran nothing, so nothing is done twice.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await send(client, 'eval', this.#lua, keys, args);
    }
  }
}

/** As a command of its own: the methods of the client take arguments one by one, and a commit may have a million. */
function send(
  client: Redis,
  name: string,
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  const all: string[] = [script, String(keys.length)].concat(keys, args);
  return client.sendCommand(new Command(name, all, { replyEncoding: 'utf8' })) as Promise<unknown>;
}

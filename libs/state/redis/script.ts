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

  /** Has the server know it; nobody waits for that. */
  load(client: Redis): void {
    client.script('LOAD', this.#lua).catch(() => undefined);
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

function send(
  client: Redis,
  name: string,
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  return client.sendCommand(new ScriptCommand(name, script, keys, args)) as Promise<unknown>;
}

/**
 * The call of a script as the server reads it. The methods of the client take arguments one by one, and a commit may have a
 * million; and to list fifty of them twice would take as long as all else that the client does for a command.
 */
class ScriptCommand extends Command {
  readonly #wire: string;

  constructor(name: string, script: string, keys: readonly string[], args: readonly string[]) {
    super(name, [script], { replyEncoding: 'utf8' });
    let wire = `*${3 + keys.length + args.length}\r\n`;
    for (const head of [name, script, String(keys.length)]) wire += bulk(head);
    for (const key of keys) wire += bulk(key);
    for (const arg of args) wire += bulk(arg);
    this.#wire = wire;
  }

  override toWritable(): string {
    return this.#wire;
  }
}

/** A string in RESP, the protocol of Redis. */
function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

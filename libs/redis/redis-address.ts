import { readFileSync } from 'node:fs';
import type { ClientOptions } from './client-options.js';
import type { RedisOptions } from './redis.options.js';

const DEFAULT_PORT = 6379;

/** Host and port, for messages: never with user or password. */
export function addressOf({ url }: Pick<RedisOptions, 'url'>): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port === '' ? DEFAULT_PORT : port}`;
}

/** The part of a client's options that says which server, and as whom. @throws when `caFile` cannot be read. */
export function serverOptions({ url, caFile }: RedisOptions): ClientOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    // The brackets of an IPv6 address belong to the URL.
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? DEFAULT_PORT : Number(port),
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    db: Number(pathname.slice(1)),
    ...(protocol === 'rediss:' ? { tls: caFile === undefined ? {} : { ca: readFileSync(caFile) } } : {}),
  };
}

/** What every key of ours begins with. The braces are the hash tag that puts all of them into one slot of a cluster. */
export function keyTag({ keyPrefix }: Pick<RedisOptions, 'keyPrefix'>): string {
  return `{${keyPrefix}}`;
}

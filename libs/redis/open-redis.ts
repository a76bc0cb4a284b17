import type { Redis } from 'ioredis';
import { Logger } from '@nestjs/common';
import { BackendUnavailableError, messageOf } from '#core';
import { commandOptions, hangUp, makeClient } from './connect.js';
import { addressOf, keyTag } from './redis-address.js';
import type { RedisOptions } from './redis.options.js';

/** The oldest server that has all the commands used here. */
const MIN_VERSION = [6, 2] as const;

/**
 * Changes nothing, and is refused to whoever may not write, run scripts, use our keys or tell our channels, which a user
 * may not unless it is said; and by a replica. A commit that could not tell of what it wrote would have written it.
 */
const PROBE = "redis.call('PUBLISH', KEYS[1], '') return redis.call('DEL', KEYS[1])";

const logger = new Logger('Redis');

/**
 * A connected client whose commands fail rather than hang, of a server that was found fit to keep what is promised.
 *
 * @param onError told whenever the connection fails later on.
 * @throws {BackendUnavailableError} naming host and port, after `connectTimeoutMs` at the latest: nobody answers, the
 *   credentials are refused or not enough, the server is too old, or would evict keys when its memory is full.
 */
export async function openRedis(options: RedisOptions, onError: (error: Error) => void): Promise<Redis> {
  const where = `Redis at ${addressOf(options)}`;
  let latest: unknown;
  let opened = false;
  const client = makeClient(commandOptions(options), (error) => {
    latest = error;
    if (opened) onError(error);
  });
  try {
    await connected(client, options.connectTimeoutMs);
    checkServer(await client.info('server', 'memory'), where);
    await client.eval(PROBE, 1, `${keyTag(options)}:probe`);
    opened = true;
    return client;
  } catch (error) {
    hangUp(client);
    if (error instanceof BackendUnavailableError) throw error;
    throw new BackendUnavailableError(where, `cannot be used: ${messageOf(latest ?? error)}`, error);
  }
}

/** Tries until the time is over; a refused password, or a wrong protocol, will not be better for trying. */
function connected(client: Redis, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    client.on('error', (error: Error) => {
      if (!isFinal(error)) return;
      clearTimeout(timer);
      reject(error);
    });
    client.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
    // It goes on trying by itself; what it could not do at first is told by its events.
    client.connect().catch(() => undefined);
  });
}

function isFinal({ message }: Error): boolean {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR)\b/.test(message) || /certificate|SSL|TLS/i.test(message);
}

/** @throws {BackendUnavailableError} */
function checkServer(info: string, where: string): void {
  const version = fieldOf(info, 'redis_version') ?? '0';
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1]))
    throw new BackendUnavailableError(
      where,
      `version ${version} is too old: ${MIN_VERSION.join('.')} is needed`,
    );
  const policy = fieldOf(info, 'maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return;
  const advice = `maxmemory-policy is ${policy}: set it to noeviction, or accepted work is thrown away when memory is full`;
  if (fieldOf(info, 'maxmemory') !== '0') throw new BackendUnavailableError(where, advice);
  logger.warn(`${where}: ${advice}`);
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
}

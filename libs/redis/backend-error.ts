import { ReplyError } from 'ioredis';
import { BackendUnavailableError, messageOf } from '#core';
import { addressOf } from './redis-address.js';
import type { RedisOptions } from './redis.options.js';

/** What a server says when it cannot serve now, and may later. */
const PASSING_REPLIES = [
  'OOM',
  'LOADING',
  'BUSY',
  'READONLY',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MISCONF',
  'NOREPLICAS',
  'UNBLOCKED',
  'EXECABORT',
];

/**
 * The error of a command as callers are to see it: whatever keeps Redis from answering is `BACKEND_UNAVAILABLE`. What the
 * server refused for a reason of its own (a wrong type, a missing right) stays as it is: trying again would not help.
 */
export function toBackendError(error: unknown, options: RedisOptions): unknown {
  if (error instanceof BackendUnavailableError || !(error instanceof Error)) return error;
  const message = messageOf(error);
  if (error instanceof ReplyError && !PASSING_REPLIES.some((code) => saysCode(message, code))) return error;
  return new BackendUnavailableError(`Redis at ${addressOf(options)}`, message, error);
}

/** A script hands the error of its command on, with words of its own in front or behind. */
function saysCode(message: string, code: string): boolean {
  return message.startsWith(`${code} `) || message.includes(` ${code} `) || message.includes(`-${code} `);
}

import { Script } from './script.js';

/**
 * A log, and a list likewise, is a Redis list: a head, then the JSON texts, oldest first. The head is
 * `<epoch>:<dropped>`: when it was begun, and how many texts have left at the front since. So the number of each is
 * known from its place, and its position is `<epoch>-<number>`.
 *
 * A stream would do the same, but takes four kilobytes for the first entry, and a call for every other.
 */
const READ_HEAD = `
local function readHead(head)
  local colon = string.find(head, ':', 1, true)
  return string.sub(head, 1, colon - 1), tonumber(string.sub(head, colon + 1))
end`;

/**
 * Lua: appends texts of ARGV and drops the oldest.
 *
 * The epoch is the time of the server, in microseconds: a log that was deleted and begun anew has another.
 */
export const APPEND = `${READ_HEAD}
-- Lua can hand on some thousand arguments at once; the number is even, so that pairs stay together.
local function callWith(command, key, first, last)
  local answer
  for at = first, last, 5000 do
    answer = redis.call(command, key, unpack(ARGV, at, math.min(last, at + 4999)))
  end
  return answer
end
-- Answers how many texts there are now.
local function append(key, first, last)
  if redis.call('EXISTS', key) == 0 then
    local time = redis.call('TIME')
    redis.call('RPUSH', key, string.format('%.0f:0', time[1] * 1000000 + time[2]))
  end
  return callWith('RPUSH', key, first, last) - 1
end
local function drop(key, count)
  local epoch, dropped = readHead(redis.call('LPOP', key))
  redis.call('LTRIM', key, count, -1)
  redis.call('LPUSH', key, epoch .. ':' .. string.format('%.0f', dropped + count))
end`;

/** KEYS: the list. Answers the oldest text, its epoch and its number; nil when the list is empty. */
export const TAKE = new Script(`${READ_HEAD}
local taken = redis.call('LPOP', KEYS[1], 2)
if not taken then return false end
local epoch, dropped = readHead(taken[1])
local number = string.format('%.0f', dropped + 1)
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('LPUSH', KEYS[1], epoch .. ':' .. number) end
return {taken[2], epoch, number}`);

/**
 * KEYS: log or list. ARGV: epoch and number to read behind, and how many at most; 0: the last one alone.
 * Answers the texts, their epoch and the number of the first; nil when there is none. Another epoch is that of an earlier
 * log or list of the name: everything is behind it.
 */
export const READ_PAGE = new Script(`${READ_HEAD}
local key = KEYS[1]
local head = redis.call('LINDEX', key, 0)
if not head then return false end
local epoch, dropped = readHead(head)
local at = 1
if epoch == ARGV[1] then at = math.max(1, tonumber(ARGV[2]) - dropped + 1) end
local limit = tonumber(ARGV[3])
if limit == 0 then
  at = math.max(at, redis.call('LLEN', key) - 1)
  limit = 1
end
local texts = redis.call('LRANGE', key, at, at + limit - 1)
local count = #texts
if count == 0 then return false end
texts[count + 1] = epoch
texts[count + 2] = string.format('%.0f', dropped + at)
return texts`);

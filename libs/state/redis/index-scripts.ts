import { Script } from './script.js';

/**
 * An index is a sorted set. A page begins behind a rank, whose member may have moved or left since: then its place among
 * those of the same score is looked for by halves, by bytes, for Lua compares by the locale of the server.
 *
 * KEYS: the index. ARGV: `asc` or `desc`, how many at most, and score and member to begin behind, or neither.
 */
export const LIST_PAGE = new Script(`
local key = KEYS[1]
local limit = tonumber(ARGV[2])
local score, member = ARGV[3], ARGV[4]
local function isBefore(a, b)
  local length = math.min(#a, #b)
  for at = 1, length do
    local x, y = string.byte(a, at), string.byte(b, at)
    if x ~= y then return x < y end
  end
  return #a < #b
end
-- How many members stand before the rank, and whether its member is still there.
local function countBefore()
  local held = redis.call('ZSCORE', key, member)
  if held and tonumber(held) == tonumber(score) then return redis.call('ZRANK', key, member), 1 end
  local low = redis.call('ZCOUNT', key, '-inf', '(' .. score)
  local high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if isBefore(redis.call('ZRANGE', key, middle, middle)[1], member) then low = middle + 1 else high = middle end
  end
  return low, 0
end
local before, own = 0, 0
if member then before, own = countBefore() end
if ARGV[1] == 'asc' then
  local first = before + own
  return redis.call('ZRANGE', key, first, first + limit - 1, 'WITHSCORES')
end
local first = 0
if member then first = redis.call('ZCARD', key) - before end
return redis.call('ZREVRANGE', key, first, first + limit - 1, 'WITHSCORES')`);

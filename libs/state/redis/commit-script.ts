import { APPEND } from './queue-scripts.js';
import { HAS_RECORD } from './record-scripts.js';
import { Script } from './script.js';

/** What the script answers with, and the place of the part that is to blame; nil when all is written. */
export const REFUSED = { stale: 'stale', exists: 'exists', absent: 'absent', full: 'full' } as const;

/** Bits of a put. */
export const IF_ABSENT = 1;
export const IF_PRESENT = 2;

/** The store's bounds are part of the text: they need not be sent with each commit. */
export interface CommitBounds {
  maxLogLength: number;
  maxListLength: number;
}

/**
 * One commit, as `encodeCommit` puts it: first all that can refuse it is looked at, then all is written. Memory that is
 * full refuses the first write, and none after a write was let through; so it is all or nothing then too. One with a fence
 * is not refused: it belongs to something that was begun, which could neither go on nor end otherwise.
 *
 * KEYS: those of the parts in the order of ARGV. ARGV: what the claim of the fence begins with, or '' and no key; then each part as a count
 * and its items: puts (bits, count, fields and texts), deletes (keys alone), pushes (count, texts),
 * moves in an index (count, score and member each; or minus count, members that leave), appends (count, texts).
 */
export function commitScript({ maxLogLength, maxListLength }: CommitBounds): Script {
  return new Script(`
local call, tonumber = redis.call, tonumber
${HAS_RECORD}
${APPEND}
local k, a = 1, 2
if ARGV[1] ~= '' then
  local held = call('HGET', KEYS[1], '') or ''
  if string.sub(held, 1, #ARGV[1]) ~= ARGV[1] then return {'${REFUSED.stale}', '1'} end
  k = 2
end

local puts, putK, putA = tonumber(ARGV[a]), k, a + 1
a = putA
local written = {}
for at = 1, puts do
  local bits = ARGV[a]
  if bits ~= '0' then
    local present = written[KEYS[k]] or hasRecord(KEYS[k])
    if present and bits ~= '${IF_PRESENT}' then return {'${REFUSED.exists}', at} end
    if not present and bits ~= '${IF_ABSENT}' then return {'${REFUSED.absent}', at} end
  end
  if puts > 1 then written[KEYS[k]] = true end
  k = k + 1
  a = a + 2 + tonumber(ARGV[a + 1])
end

local deletes, deleteK = tonumber(ARGV[a]), k
k = k + deletes
a = a + 1

local pushes, pushK, pushA = tonumber(ARGV[a]), k, a + 1
a = pushA
if pushes > 0 then
  local lengths = {}
  for at = deleteK, pushK - 1 do lengths[KEYS[at]] = 0 end
  for at = 1, pushes do
    local key, count = KEYS[k], tonumber(ARGV[a])
    local length = (lengths[key] or math.max(0, call('LLEN', key) - 1)) + count
    if length > ${maxListLength} then return {'${REFUSED.full}', at} end
    lengths[key] = length
    k = k + 1
    a = a + 1 + count
  end
end

-- From here on nothing can be refused. What deletes is let through when memory is full, and all that follows it with it.
if ARGV[1] ~= '' then call('HDEL', KEYS[1], '\\0\\0') end
for at = 1, puts do
  local count = tonumber(ARGV[putA + 1])
  if count == 0 then
    call('HSET', KEYS[putK], '\\0', '')
  else
    callWith('HSET', KEYS[putK], putA + 2, putA + 1 + count)
  end
  putK = putK + 1
  putA = putA + 2 + count
end

for at = deleteK, deleteK + deletes - 1 do call('UNLINK', KEYS[at]) end

local moves = tonumber(ARGV[a])
a = a + 1
for at = 1, moves do
  local count = tonumber(ARGV[a])
  local command = 'ZADD'
  if count < 0 then
    command = 'ZREM'
    count = -count
  end
  callWith(command, KEYS[k], a + 1, a + count)
  k = k + 1
  a = a + 1 + count
end

local appends = tonumber(ARGV[a])
a = a + 1
for at = 1, appends do
  local key, count = KEYS[k], tonumber(ARGV[a])
  local over = append(key, a + 1, a + count) - ${maxLogLength}
  if over > 0 then drop(key, over) end
  call('PUBLISH', key, '')
  k = k + 1
  a = a + 1 + count
end

for at = 1, pushes do
  local count = tonumber(ARGV[pushA])
  append(KEYS[pushK], pushA + 1, pushA + count)
  pushK = pushK + 1
  pushA = pushA + 1 + count
end
return false`);
}

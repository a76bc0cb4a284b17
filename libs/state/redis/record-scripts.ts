import { Script } from './script.js';

/**
 * A record is a hash of field to JSON text. Two fields have names that no field of a record may have:
 * - the latest claim of its key, `<number>:<token>;`; it may be there alone, which is no record.
 * - what makes a record of one without fields.
 */
export const CLAIM_FIELD = '';
export const MARKER_FIELD = '\0';

/** Lua: whether there is a record. */
export const HAS_RECORD = `
local function hasRecord(key)
  local size = redis.call('HLEN', key)
  return size > 1 or (size == 1 and redis.call('HEXISTS', key, '') == 0)
end`;

/** Lua: takes the next claim, and gives its number. */
const NEXT_CLAIM = `
local function nextClaim(key, token)
  local held = redis.call('HGET', key, '')
  local number = held and tonumber(string.match(held, '^%d+')) + 1 or 1
  redis.call('HSET', key, '', string.format('%d:%s;', number, token))
  return number
end`;

/** KEYS: the record. ARGV: the token. Answers the number. */
export const CLAIM = new Script(`${NEXT_CLAIM}
return nextClaim(KEYS[1], ARGV[1])`);

/** The same where there is a record: answers what HGETALL would, and behind that the number; nil where there is none. */
export const CLAIM_RECORD = new Script(`${NEXT_CLAIM}
local fields = redis.call('HGETALL', KEYS[1])
local size = #fields
if size == 0 or (size == 2 and fields[1] == '') then return false end
fields[size + 1] = nextClaim(KEYS[1], ARGV[1])
return fields`);

/** KEYS: the record. ARGV: names. Answers the value of each, or nil; nil where there is no record. */
export const GET_FIELDS = new Script(`${HAS_RECORD}
local values = {}
if #ARGV > 0 then values = redis.call('HMGET', KEYS[1], unpack(ARGV)) end
for at = 1, #values do
  if values[at] then return values end
end
if hasRecord(KEYS[1]) then return values end
return false`);

/** More names than this are not worth asking for one by one, and a script could not hand them on. */
export const MAX_FIELDS_ASKED = 1_000;

import { Script } from './script.js';

/**
 * A record is a hash of field to JSON text. Two fields have names that no field of a record may have:
 * - the claim counter of its key; it may be there alone, which is no record.
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

/** KEYS: the record. Answers what HGETALL would, and behind that the claim; nil where there is no record. */
export const CLAIM_RECORD = new Script(`
local fields = redis.call('HGETALL', KEYS[1])
local size = #fields
if size == 0 or (size == 2 and fields[1] == '') then return false end
fields[size + 1] = redis.call('HINCRBY', KEYS[1], '', 1)
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

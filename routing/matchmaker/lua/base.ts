/** Where the scripts have the time from: Redis itself. Tests put another expression in its place. */
export const REDIS_TIME = "call('TIME')";

/**
 * What every function begins and ends with: time, epoch and roster version from Redis itself, and what happened told
 * in one entry of the outbox. KEYS[1] is the common beginning of all keys, `{centre}:acd4:`, so that one centre stays in
 * one slot. ARGV[1] bounds the outbox; what a function is told follows. One call runs at a time, so these are its own.
 */
export const base = (time: string): string => String.raw`
local call, fields, match, find, sub, join, floor, min, max, log
local P, K, ARGV, stamp, ms, now, told
local epoch, version, fence, snoozing, first

-- Redis shows its own libraries to a call only, not while it loads.
local function open_libraries()
  call, fields = redis.call, struct.unpack
  match, find, sub, join = string.match, string.find, string.sub, table.concat
  floor, min, max, log = math.floor, math.min, math.max, math.log
end

-- The names of keys, each put together once for a centre: K.meta is P .. 'meta'.
local names = {}
local function keys_of(prefix)
  local keys = setmetatable({}, {__index = function(all, name)
    local key = prefix .. name
    all[name] = key
    return key
  end})
  names[prefix] = keys
  return keys
end

-- What holds for a whole centre is one text: epoch, version of the roster, last fence, how many snooze; each ended by \0.
local function meta_text() return epoch .. '\0' .. version .. '\0' .. fence .. '\0' .. snoozing .. '\0' end
local function meta_keep() call('SET', K.meta, meta_text()) end

-- The record that a step is about, if its name begins with 'kind', is read in the same look. False where Redis is empty.
local function begin(KEYS, args, kind)
  if not call then open_libraries() end
  P, ARGV, told = KEYS[1], args, 0
  K = names[P] or keys_of(P)
  local t = ${time}
  local micros = t[2]
  stamp = t[1] .. (#micros == 6 and micros or sub('000000' .. micros, -6))
  ms = sub(stamp, 1, -4)
  now = tonumber(ms)
  local meta
  if kind then
    local found = call('MGET', K.meta, P .. kind .. args[2])
    meta, first = found[1], found[2]
  else meta = call('GET', K.meta) end
  if not meta then return false end
  epoch, version, fence, snoozing = fields('ssss', meta)
  return true
end

local function arg(i) return ARGV[i + 1] end

-- What happened in this step and to whom, to be written, as it is read by matchmaker/decode.ts; the list is the same one
-- in every step, filled anew.
local events = {}
local function emit(kind, id, body)
  events[told + 1], events[told + 2] = kind .. ' ' .. id, body
  told = told + 2
end

-- All that happened in one step is one entry. Ids are epoch-number without a gap, so a reader sees by itself that
-- something is missing. Cutting off the oldest costs as much as adding one: it is done once in a hundred entries.
local function finished(reply)
  if told > 0 then
    local id = call('XADD', K.out, epoch .. '-*', 't', ms, unpack(events, 1, told))
    if sub(id, -2) == '00' then call('XTRIM', K.out, 'MAXLEN', '~', ARGV[1]) end
  end
  return reply
end
`;

/** Numbers and names as text. Lua by itself would write large numbers with 14 digits only. */
export const text = String.raw`
local function num(x) return string.format('%.0f', x) end
`;

/**
 * Lists with their heads: of each list the first entry is kept in one hash, so that many lists are compared in one look.
 * An entry is `score id`, as it stands in the list and as a head: what a list begins with is read as it is written. All
 * scores have sixteen digits, so that entries compare as text.
 *
 *   idle:<profile>  agents by idle since (µs)      heads   profile → head
 *   wait:<line>     contacts by score              wheads  line → head
 *
 * A line is a class; `class+boost` for those whose priority counts as waiting time; `@agent` for those who wait for one.
 */
export const lists = String.raw`
local function id_of(entry) return sub(entry, 18) end
local function list_add(kind, heads, name, id, score)
  local mine = score .. ' ' .. id
  call('ZADD', P .. kind .. name, score, mine)
  local first = call('HGET', K[heads], name)
  if not first or mine < first then call('HSET', K[heads], name, mine) end
end
local function list_remove(kind, heads, name, entry)
  local list = P .. kind .. name
  call('ZREM', list, entry)
  local first = call('ZRANGE', list, '0', '0')[1]
  if first then call('HSET', K[heads], name, first) else call('HDEL', K[heads], name) end
end
`;

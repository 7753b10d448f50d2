/** Where the scripts have the time from: Redis itself. Tests put another expression in its place. */
export const REDIS_TIME = "call('TIME')";

/**
 * What every function begins and ends with: time, epoch and roster version from Redis itself, and what happened told
 * in one entry of the outbox. KEYS[1] is the common beginning of all keys, `{centre}:acd2:`, so that one centre stays in
 * one slot. ARGV[1] bounds the outbox; what a function is told follows. One call runs at a time, so these are its own.
 */
export const base = (time: string): string => String.raw`
-- Redis shows its own libraries to a call only, not while it loads.
local call, match, find, quote
local P, K, ARGV, stamp, ms, now, meta, epoch, ver, told

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

local function begin(KEYS, args, founding)
  call, match, find, quote = redis.call, string.match, string.find, cjson.encode
  P, ARGV, told = KEYS[1], args, {}
  K = names[P] or keys_of(P)
  local t = ${time}
  stamp = t[1] .. string.sub('000000' .. t[2], -6)
  ms = string.sub(stamp, 1, -4)
  now = tonumber(ms)
  meta = call('HMGET', K.meta, 'epoch', 'ver', 'fence', 'later')
  epoch, ver = meta[1], meta[2] or '0'
  return epoch or founding
end

local function arg(i) return ARGV[i + 1] end

local function emit(kind, body)
  told[#told + 1] = kind
  told[#told + 1] = body
end

-- All that happened in one step is one entry. Ids are epoch-number without a gap, so a reader sees by itself that
-- something is missing.
local function finished(reply)
  if #told > 0 then call('XADD', K.out, 'MAXLEN', '~', ARGV[1], epoch .. '-*', 't', ms, unpack(told)) end
  return reply
end
`;

/** Numbers and names as text. Lua by itself would write large numbers with 14 digits only. */
export const text = String.raw`
local function num(x) return string.format('%.0f', x) end
`;

/**
 * Lists with their heads: of each list the first entry is kept in one hash, so that many lists are compared in one look.
 *
 *   idle:<profile>  agents by idle since (µs)      heads   profile → head
 *   wait:<line>     contacts by score              wheads  line → head
 *
 * A line is a class; `class+boost` for those whose priority counts as waiting time; `@agent` for those who wait for one.
 */
export const lists = String.raw`
local function head_read(text)
  local score, id = match(text, '^(%S+) (.+)$')
  return tonumber(score), id, score
end
local function list_add(kind, heads, name, id, score)
  call('ZADD', P .. kind .. name, score, id)
  local text = call('HGET', K[heads], name)
  if text then
    local first, who = head_read(text)
    local mine = tonumber(score)
    if first < mine or (first == mine and who < id) then return end
  end
  call('HSET', K[heads], name, score .. ' ' .. id)
end
local function head_update(kind, heads, name)
  local first = call('ZRANGE', P .. kind .. name, 0, 0, 'WITHSCORES')
  if first[1] then call('HSET', K[heads], name, first[2] .. ' ' .. first[1]) else call('HDEL', K[heads], name) end
end
local function list_remove(kind, heads, name, id)
  if call('ZREM', P .. kind .. name, id) == 1 then head_update(kind, heads, name) end
end
`;

/**
 * What every script begins with: time, epoch and roster version from Redis itself, events, and lists with their
 * heads. KEYS[1] is the common beginning of all keys, `{centre}:acd:`, so that one centre stays in one slot.
 * ARGV[1] bounds the outbox; what a script is told follows.
 */
export const base = String.raw`
local P = KEYS[1]
local call = redis.call
local t = call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local micros = t[1] * 1000000 + t[2]
local epoch = call('GET', P .. 'epoch')
if not epoch then return {'lost'} end
local ver = call('GET', P .. 'ver') or '0'

local function arg(i) return ARGV[i + 1] end

-- Lua would write large numbers with 14 digits only.
local function num(x) return string.format('%.0f', x) end

local function load(key)
  local flat = call('HGETALL', key)
  if #flat == 0 then return nil end
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local function save(key, map)
  local flat = {}
  for k, v in pairs(map) do flat[#flat + 1] = k; flat[#flat + 1] = v end
  call('DEL', key)
  call('HSET', key, unpack(flat))
end

-- Ids are epoch-number without a gap, so a reader sees by itself that something is missing.
local function emit(kind, body)
  call('XADD', P .. 'out', 'MAXLEN', '~', ARGV[1], epoch .. '-*', 'k', kind, 't', num(now), 'b', body)
end

-- Of each list its first entry is kept in one hash, so that many lists are compared in one look.
local function head_update(heads, list, field)
  local first = call('ZRANGE', list, 0, 0, 'WITHSCORES')
  if first[1] then call('HSET', heads, field, first[2] .. ' ' .. first[1])
  else call('HDEL', heads, field) end
end
local function head_read(text)
  local score, id = string.match(text, '^(%S+) (.+)$')
  return tonumber(score), id
end

local function idle_add(p, id, since)
  call('ZADD', P .. 'idle:' .. p, since, id)
  head_update(P .. 'heads', P .. 'idle:' .. p, p)
end
local function idle_remove(p, id)
  if call('ZREM', P .. 'idle:' .. p, id) == 1 then head_update(P .. 'heads', P .. 'idle:' .. p, p) end
end
local function line_add(cls, id, score)
  call('ZADD', P .. 'wait:' .. cls, score, id)
  head_update(P .. 'wheads', P .. 'wait:' .. cls, cls)
end
local function line_remove(cls, id)
  if call('ZREM', P .. 'wait:' .. cls, id) == 1 then head_update(P .. 'wheads', P .. 'wait:' .. cls, cls) end
end
`;

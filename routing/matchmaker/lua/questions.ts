/** What routing is asked: scripts that only read, each one consistent look. */

/** [cid, or empty with class and score of one who does not wait yet]. All that a place and a promise are made of. */
export const standing = String.raw`
local cid, cls, score, service = arg(1), arg(2), arg(3), ''
local line = cls
if cid ~= '' then
  local c = contact_load(cid)
  if not c or c.st ~= 'waiting' then return {'not-waiting'} end
  cls, score, line, service = c.cls, c.sc, c.ln, match(c.asked, ' (.*)$')
end
local tiers = tiers_of(cls)
if not tiers then return {'unknown-class', cls} end
local before = {}
for _, name in ipairs(call('HKEYS', K.wheads)) do
  local n = call('ZCOUNT', P .. 'wait:' .. name, '-inf', '(' .. score)
  -- Who waits for one agent, or has a boost, counts with their kind.
  local kind = match(name, '^(@)') and 'preferred' or match(name, '^[^+]+')
  if n > 0 then before[kind] = (before[kind] or 0) + n end
end
local ahead = {}
for kind, n in pairs(before) do
  if kind ~= 'preferred' then ahead[#ahead + 1] = kind; ahead[#ahead + 1] = tostring(n) end
end
local rank = before[cls] or 0
-- Of those with the very same score the smaller id goes first.
if cid ~= '' and find(line, '@', 1, true) ~= 1 then
  rank = rank + call('ZRANK', P .. 'wait:' .. line, score .. ' ' .. cid) - call('ZCOUNT', P .. 'wait:' .. line, '-inf', '(' .. score)
elseif cid == '' then rank = rank + call('ZCOUNT', P .. 'wait:' .. line, score, score) end
local candidates, idle = {}, '0'
for _, tier in ipairs(tiers) do
  local there, ids = {}, {}
  for _, p in ipairs(tier) do
    if idle == '0' and (call('HEXISTS', K.heads, p) == 1 or call('HEXISTS', K.parts, p .. '/' .. channel_of(cls)) == 1) then
      idle = '1'
    end
    if #candidates < 10 then
      for _, id in ipairs(call('ZRANGE', P .. 'on:' .. p, 0, 9)) do ids[#ids + 1] = id end
    end
  end
  if #ids > 0 then
    for i, record in ipairs(call('HMGET', K.agents, unpack(ids))) do
      if record then
        local _, _, since = fields('sss', record)
        there[#there + 1] = {id = ids[i], since = tonumber(since)}
      end
    end
  end
  table.sort(there, function(a, b) return a.since < b.since or (a.since == b.since and a.id < b.id) end)
  for _, it in ipairs(there) do if #candidates < 10 then candidates[#candidates + 1] = it.id end end
end
return {'ok', cls, tostring(rank), ahead, candidates, idle, call('HGETALL', K.work),
  call('HGETALL', K.duty), score, service}
`;

/** One who waits, as it is read by `routing/snapshots.ts`. */
const row = String.raw`
local function waiting_row(id, c) return {id, c.ln, c.wishes} end
`;

/** Some of a line, `most` from a score on after `skip` with that very score, put to `waiting`; and where the rest begins. */
const lines = String.raw`
local function waiting_in(line, score, skip, most, waiting)
  local found = call('ZRANGE', P .. 'wait:' .. line, score, '+inf', 'BYSCORE', 'LIMIT', skip, most, 'WITHSCORES')
  for i = 1, #found, 2 do
    local id = id_of(found[i])
    local c = contact_load(id)
    if c and c.st == 'waiting' then waiting[#waiting + 1] = waiting_row(id, c) end
    if found[i + 1] == score then skip = skip + 1 else score, skip = found[i + 1], 1 end
  end
  if #found == 2 * most then return {line, score, tostring(skip)} end
end
`;

/** [line, score, how many with that score are read already, how many to read] More of a line that `snapshot` left. */
export const more =
  row +
  lines +
  String.raw`
local waiting = {}
local rest = waiting_in(arg(1), arg(2), tonumber(arg(3)), tonumber(arg(4)), waiting)
return {'ok', waiting, rest or {}}
`;

/** [cursor, how many keys to look at] A part of all who wait: whoever waits throughout is told in some part, or twice. */
export const some =
  row +
  String.raw`
local found, waiting = call('SCAN', arg(1), 'MATCH', P .. 'c:*', 'COUNT', arg(2)), {}
for _, key in ipairs(found[2]) do
  local id = sub(key, #P + 3)
  local c = contact_load(id)
  if c and c.st == 'waiting' then waiting[#waiting + 1] = waiting_row(id, c) end
end
return {'ok', found[1], waiting}
`;

/** [how many at most of those who wait] Everything at one moment; of longer lines the beginning, and where the rest begins. */
export const snapshot =
  row +
  lines +
  String.raw`
local last = call('XREVRANGE', K.out, '+', '-', 'COUNT', 1)
local waiting, rest, most = {}, {}, tonumber(arg(1))
for _, line in ipairs(call('HKEYS', K.wheads)) do
  rest[#rest + 1] = waiting_in(line, '-inf', 0, math.max(0, most - #waiting), waiting)
end
local due = {}
for _, list in ipairs(due_lists()) do
  for _, it in ipairs(call('ZRANGE', list, 0, -1, 'WITHSCORES')) do due[#due + 1] = it end
end
local reservations, agents = {}, call('HGETALL', K.agents)
for i = 2, #agents, 2 do
  for _, rid in ipairs(in_hand(agent_read(agents[i]))) do
    local r = reservation_load(rid)
    if r then reservations[#reservations + 1] = {rid, r.st, r.text} end
  end
end
return {'ok', last[1] and last[1][1] or '', ms, waiting, due,
  reservations, agents, call('HGETALL', K.work), call('HGETALL', K.duty), call('HGETALL', K.overtaken), rest}
`;

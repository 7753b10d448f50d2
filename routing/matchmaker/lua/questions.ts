/** What routing is asked: scripts that only read, each one consistent look. */

/** [cid, or empty with class and score of one who does not wait yet]. All that a place and a promise are made of. */
export const standing = String.raw`
local cid, cls, score, contact = arg(1), arg(2), arg(3), ''
if cid ~= '' then
  local c = load(P .. 'c:' .. cid)
  if not c or c.st ~= 'waiting' then return {'not-waiting'} end
  cls, score, contact = c.cls, c.sc, c.j
end
if call('HEXISTS', P .. 'compat@' .. ver, cls) == 0 then return {'unknown-class'} end
local ahead = {}
for _, name in ipairs(call('HKEYS', P .. 'wheads')) do
  local n = call('ZCOUNT', P .. 'wait:' .. name, '-inf', '(' .. score)
  if n > 0 then ahead[#ahead + 1] = name; ahead[#ahead + 1] = tostring(n) end
end
local rank = cid ~= '' and call('ZRANK', P .. 'wait:' .. cls, cid) or call('ZCOUNT', P .. 'wait:' .. cls, '-inf', score)
local candidates, idle = {}, '0'
for _, tier in ipairs(tiers_of(cls)) do
  local there = {}
  for _, p in ipairs(tier) do
    if idle == '0' and call('HEXISTS', P .. 'heads', p) == 1 then idle = '1' end
    if #candidates < 10 then
      local some = call('ZRANGE', P .. 'on:' .. p, 0, 9, 'WITHSCORES')
      for i = 1, #some, 2 do there[#there + 1] = {id = some[i], since = tonumber(some[i + 1])} end
    end
  end
  table.sort(there, function(a, b) return a.since < b.since or (a.since == b.since and a.id < b.id) end)
  for _, it in ipairs(there) do if #candidates < 10 then candidates[#candidates + 1] = it.id end end
end
return {'ok', cls, tostring(rank), ahead, candidates, idle, call('HGETALL', P .. 'work'),
  call('HGETALL', P .. 'duty'), score, contact}
`;

/** Everything at one moment. */
export const snapshot = String.raw`
local last = call('XREVRANGE', P .. 'out', '+', '-', 'COUNT', 1)
local waiting = {}
for _, cls in ipairs(call('HKEYS', P .. 'wheads')) do
  local line = {}
  local ids = call('ZRANGE', P .. 'wait:' .. cls, 0, -1)
  for i, id in ipairs(ids) do line[i] = call('HGET', P .. 'c:' .. id, 'j') end
  waiting[#waiting + 1] = {cls, line}
end
local reservations = {}
for i, rid in ipairs(call('ZRANGE', P .. 'live', 0, -1)) do
  reservations[i] = reservation_view(rid, load(P .. 'r:' .. rid))
end
local agents = {}
local names = call('HKEYS', P .. 'agents')
for i, id in ipairs(names) do agents[i] = agent_view(id, load(P .. 'a:' .. id)) end
return {'ok', last[1] and last[1][1] or '', num(now), waiting, call('ZRANGE', P .. 'due', 0, -1, 'WITHSCORES'),
  reservations, agents, call('HGETALL', P .. 'work'), call('HGETALL', P .. 'duty'),
  call('HGETALL', P .. 'agents')}
`;

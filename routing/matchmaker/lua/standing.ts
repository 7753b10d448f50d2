/**
 * All that a place and a promise are made of: of one who waits, or of one who would come now, by class and score. Read by
 * `readLook` in `routing/standings.ts`.
 */
export const standing = String.raw`
local function standing_of(cid, cls, score)
  local service = ''
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
end
local function queued(cid, is_told) return {'queued', is_told and standing_of(cid) or {}} end
`;

/**
 * All that a place and a promise are made of: of one who waits, or of one who would come now, by class and score. Read by
 * `readLook` in `routing/standings.ts`.
 */
export const standing = String.raw`
-- How many of another line go before an entry: of those with the very same score the smaller id does.
local function before(line, score, entry, is_tied)
  local list = P .. 'wait:' .. line
  local from = call('ZCOUNT', list, '-inf', '(' .. score)
  local to = is_tied and call('ZCOUNT', list, '-inf', score) or from
  while from < to do
    local middle = floor((from + to) / 2)
    if call('ZRANGE', list, middle, middle)[1] < entry then from = middle + 1 else to = middle end
  end
  return from
end
local function flat(counts)
  local list = {}
  for name, n in pairs(counts) do list[#list + 1] = name; list[#list + 1] = num(n) end
  return list
end

local function standing_of(cid, cls, score)
  local service, rings, pref, boost = '', '', '', '0'
  -- Who would come now stands behind all with the same score.
  local entry = cid == '' and string.format('%016.0f', tonumber(score)) .. ' ~'
  local mine, waits_alone, is_tied = '', false, true
  if cid ~= '' then
    local c = contact_load(cid)
    if not c or c.st ~= 'waiting' then return {'not-waiting'} end
    cls, score, service, rings, boost = c.cls, c.sc, match(c.asked, ' (.*)$'), c.rings, c.bo
    entry, mine = score .. ' ' .. cid, c.ln
    -- Nearly always nobody else began to wait in the same ms.
    is_tied = call('ZCOUNT', K.starts, c.start, c.start) > 1
    waits_alone = waited_for(mine)
    if waits_alone then pref = c.pref end
  end
  local tiers = tiers_of(cls)
  if not tiers then return {'unknown-class', cls} end
  -- By kind, who has a boost with the others; who waits for one agent alone, by what that agent can do.
  local ahead, alone = {}, {}
  local heads = call('HGETALL', K.wheads)
  for i = 1, #heads, 2 do
    local line, head = heads[i], heads[i + 1]
    if head < entry then
      local aid = waited_for(line)
      local a = aid and agent_load(aid)
      local counts, kind = ahead, match(line, '^[^+]+')
      if aid then counts, kind = alone, a and a.p end
      if kind then
        local n = line == mine and call('ZRANK', P .. 'wait:' .. line, entry) or before(line, score, entry, is_tied)
        counts[kind] = (counts[kind] or 0) + n
      end
    end
  end
  local candidates, idle = {}, '0'
  for _, tier in ipairs(tiers) do
    local there, ids = {}, {}
    for _, p in ipairs(tier) do
      -- Who waits for one agent alone waits for nobody else who is idle.
      if idle == '0' and not waits_alone and (call('HEXISTS', K.heads, p) == 1 or call('HEXISTS', K.parts, p .. '/' .. channel_of(cls)) == 1) then
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
  return {'ok', cls, flat(ahead), flat(alone), candidates, idle, call('HGETALL', K.work),
    call('HGETALL', K.duty), score, service, rings, pref, boost}
end
local function queued(cid, is_told) return {'queued', is_told and standing_of(cid) or {}} end
`;

/** A contact looks for an agent. */
export const placing = String.raw`
-- The profiles that serve a class, best tier first; false for a class nobody knows.
local function tiers_of(cls)
  local packed = call('HGET', P .. 'compat@' .. version, cls)
  return packed and unpack_once(packed)
end
-- Every kind of contact it may become has to be known before it is filed.
local function unknown_class(c)
  c.tiers = tiers_of(c.cls)
  if not c.tiers then return c.cls end
  for cls in string.gmatch(c.rings, '%d+ (%S+)') do
    if call('HEXISTS', P .. 'compat@' .. version, cls) == 0 then return cls end
  end
end
local function is_able(p, cls)
  for _, tier in ipairs(tiers_of(cls) or {}) do
    for _, profile in ipairs(tier) do if profile == p then return true end end
  end
  return false
end

-- Rings whose time has come hold from now on. Gives when the next one is due.
local function widen(c)
  while c.rings ~= '' do
    local at, cls, rest = match(c.rings, '^(%d+) (%S+) ?(.*)$')
    if tonumber(at) > now then return at end
    c.cls = cls; c.ring = num(tonumber(c.ring) + 1); c.rings = rest; c.tiers = nil
    wishes_changed(c)
  end
end

-- The first among the idle of the best tier that has any: the tier's number, that entry, its profile, all looked at.
local looked = {}
local function first_of(tiers, heads, suffix)
  for i, tier in ipairs(tiers) do
    local lists = tier
    if suffix then
      lists = {}
      for n, p in ipairs(tier) do lists[n] = p .. suffix end
    end
    local texts = call('HMGET', K[heads], unpack(lists))
    local best, at
    local count = 0
    for n = 1, #tier do
      local text = texts[n]
      if text then
        if count < 40 then
          looked[count + 1], looked[count + 2] = tier[n], text
          count = count + 2
        end
        if not best or text < best then best, at = text, n end
      end
    end
    if best then return i, best, tier[at], join(looked, '\1', 1, count) end
  end
end

-- Until when an agent goes before others, until when they are waited for, and who it is.
local function preferred(c) return match(c.pref, '^(%S+) (%S+) (.+)$') end

-- The best idle agent for this contact: the preferred one while that lasts, else best tier, longest idle.
-- Fourth: that nobody else is wanted yet.
local function best_agent(c)
  if c.pref ~= '' then
    local pu, pw, pa = preferred(c)
    local a = now < tonumber(pu) and agent_load(pa)
    if a and is_able(a.p, c.cls) then
      if is_open(a, channel_of(c.cls)) then return pa, a, 'preferred', seen(a.p, pa, idle_score(a)) end
      if now < tonumber(pw) then return nil, nil, 'wait' end
    end
  end
  local tiers, ch, heads = c.tiers or tiers_of(c.cls) or {}, channel_of(c.cls), 'heads'
  local tier, head, p, heads_seen = first_of(tiers, heads)
  -- Who has contacts in hand comes after who has none and is as good.
  if tier ~= 1 and call('HLEN', K.parts) > 0 then
    local part, other, its, parts_seen = first_of(tiers, 'parts', '/' .. ch)
    if part and (not tier or part < tier) then tier, head, p, heads_seen, heads = part, other, its, parts_seen, 'parts' end
  end
  if not tier then return nil end
  local id = id_of(head)
  local a = agent_load(id)
  if a and is_open(a, ch) and a.p == p then return id, a, 'idle', heads_seen end
  list_remove('idle:', heads, heads == 'parts' and p .. '/' .. ch or p, head)
  repaired('agent ' .. id, 'stood idle in the list and was not')
  return best_agent(c)
end

-- Which priorities and boosts there are among those who wait.
local function known(kind, value)
  if value ~= '0' then call('SADD', P .. kind, value) end
end

-- Pairs a contact or files it; c is not in a line when this is called.
local function place(cid, c)
  local due = widen(c)
  local aid, a, how, looked = best_agent(c)
  if aid then return reserve(cid, c, aid, a, how, looked, 'pending') end
  c.st = 'waiting'; c.r = ''
  if c.bo ~= '0' then known('boosts', c.bo); c.ln = c.cls .. '+' .. c.bo
  else known('levels', c.pr); c.ln = c.cls end
  if how == 'wait' then
    local _, pw, pa = preferred(c)
    c.ln = personal(pa, channel_of(c.cls))
    call('ZADD', K.pstarts, c.start, cid)
    if not due or tonumber(pw) < tonumber(due) then due = pw end
  end
  call('SET', P .. 'c:' .. cid, contact_text(c))
  line_add(cid, c)
  if due then call('ZADD', K.widen, due, cid) end
  contact_event('contact.queued', cid, c)
end
local function place_again(cid, c) line_remove(cid, c); return place(cid, c) end
`;

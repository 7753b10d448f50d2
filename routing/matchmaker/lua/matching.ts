/**
 * Agents, contacts and reservations, and how they find each other. The rule: at rest nobody waits whom an idle agent
 * could serve, so whatever could make such a pair either makes it or files one entry, in the same step.
 *
 *   agent   a:<id>  st reason since p idle next r c       contact  c:<id>  st e cls sc om pa pu r j q
 *   reservation r:<id>  st c e a f ep at dl cls p d acc
 */
export const matching = String.raw`
local AT_WORK = {ready = 1, reserved = 1, busy = 1, ['working-after-call'] = 1}
local OVER_S, ENDED_S = 21600, 3600

local function agent_view(id, a)
  local s = {agentId = id, state = a.st, reason = a.reason, since = tonumber(a.since)}
  if a.next then s.next = cjson.decode(a.next) end
  if a.r then s.reservationId = a.r; s.contactId = a.c end
  return cjson.encode(s)
end

local function reservation_view(id, r)
  return cjson.encode({id = id, contactId = r.c, entry = tonumber(r.e), agentId = r.a, state = r.st, fence = r.f,
    epoch = tonumber(r.ep), createdAt = tonumber(r.at), deadline = tonumber(r.dl), class = r.cls, why = r.d})
end

local function repaired(what, why)
  emit('repaired', cjson.encode({what = what, why = why}))
end

local function contact_event(kind, id, c)
  emit(kind, cjson.encode({contactId = id, entry = tonumber(c.e)}))
end

-- Moves an agent to a state, keeps the counts true, and tells; a.p is the profile they are counted under.
local function agent_move(id, a, st, reason)
  local was = a.st or 'logged-off'
  if was == 'ready' then idle_remove(a.p, id) end
  if a.reason == 'missed' and AT_WORK[st] then tally('away', math.min(now - tonumber(a.since), 600000)) end
  local work = (AT_WORK[st] or 0) - (AT_WORK[was] or 0)
  if work ~= 0 then call('HINCRBY', P .. 'work', a.p, work) end
  local duty = (st == 'logged-off' and 0 or 1) - (was == 'logged-off' and 0 or 1)
  if duty ~= 0 then call('HINCRBY', P .. 'duty', a.p, duty) end
  a.st = st; a.reason = reason; a.since = num(now)
  if st == 'logged-off' then
    call('ZREM', P .. 'on:' .. a.p, id); call('HDEL', P .. 'agents', id)
  else
    call('ZADD', P .. 'on:' .. a.p, a.since, id)
    call('HSET', P .. 'agents', id, st .. ' ' .. a.p .. ' ' .. a.since .. ' ' .. (reason or ''))
  end
  if st == 'ready' then
    a.idle = a.idle or num(micros)
    idle_add(a.p, id, a.idle)
  elseif st ~= 'reserved' then
    a.idle = nil
  end
  save(P .. 'a:' .. id, a)
  emit('agent.state', agent_view(id, a))
end

-- What a decision was made from: the heads looked at, and in a small centre where everybody stood.
local function inputs(how, c, heads)
  local d = {how = how, version = tonumber(ver), class = c.cls, at = now, heads = heads}
  if call('HLEN', P .. 'agents') <= 20 then
    local all = call('HGETALL', P .. 'agents')
    local states = {}
    for i = 1, #all, 2 do states[all[i]] = all[i + 1] end
    if next(states) then d.states = states end
  end
  return cjson.encode(d)
end

local function reserve(cid, c, aid, a, how, heads, st)
  local fence = tonumber(call('GET', P .. 'fence') or '0') + 1
  -- Above the time too: grows even where the last second was lost with a machine.
  if fence < micros then fence = micros end
  call('SET', P .. 'fence', num(fence))
  local rid = 'r' .. epoch .. '-' .. num(fence)
  local r = {st = st, c = cid, e = c.e, a = aid, f = num(fence), ep = epoch, at = num(now),
    dl = num(now + tonumber(c.om)), cls = c.cls, p = a.p, d = inputs(how, c, heads)}
  if st == 'accepted' then r.acc = num(now) else call('ZADD', P .. 'dl', r.dl, rid) end
  save(P .. 'r:' .. rid, r)
  call('ZADD', P .. 'live', now, rid)
  c.st = st == 'accepted' and 'accepted' or 'reserved'; c.r = rid
  save(P .. 'c:' .. cid, c)
  emit(st == 'accepted' and 'reservation.accepted' or 'reservation.created', reservation_view(rid, r))
  a.r = rid; a.c = cid
  agent_move(aid, a, st == 'accepted' and 'busy' or 'reserved')
  return rid, r
end

local function end_reservation(rid, r, st, kind)
  r.st = st
  save(P .. 'r:' .. rid, r)
  call('EXPIRE', P .. 'r:' .. rid, ENDED_S)
  call('ZREM', P .. 'dl', rid)
  call('ZREM', P .. 'live', rid)
  emit('reservation.' .. (kind or st), reservation_view(rid, r))
end

-- A contact that is over is remembered for a while, so that a repeated entry is known as such.
local function contact_over(id, c)
  call('DEL', P .. 'c:' .. id)
  call('HSET', P .. 'c:' .. id, 'st', 'over', 'e', c.e)
  call('EXPIRE', P .. 'c:' .. id, OVER_S)
end

local function tiers_of(cls)
  local packed = call('HGET', P .. 'compat@' .. ver, cls)
  return packed and cmsgpack.unpack(packed) or {}
end

local function is_able(p, cls)
  for _, tier in ipairs(tiers_of(cls)) do
    for _, profile in ipairs(tier) do if profile == p then return true end end
  end
  return false
end

-- The best idle agent for this contact: the preferred one while that lasts, else best tier, longest idle.
local function best_agent(c)
  local seen = {}
  if call('HLEN', P .. 'heads') == 0 then return nil end
  if c.pa and now < tonumber(c.pu) then
    local a = load(P .. 'a:' .. c.pa)
    if a and a.st == 'ready' and is_able(a.p, c.cls) then
      return c.pa, a, 'preferred', {{a.p, c.pa, math.floor(tonumber(a.idle) / 1000)}}
    end
  end
  for _, tier in ipairs(tiers_of(c.cls)) do
    local best, since, profile
    local heads = call('HMGET', P .. 'heads', unpack(tier))
    for i, text in ipairs(heads) do
      if text then
        local score, id = head_read(text)
        if #seen < 20 then seen[#seen + 1] = {tier[i], id, math.floor(score / 1000)} end
        if not best or score < since or (score == since and id < best) then
          best, since, profile = id, score, tier[i]
        end
      end
    end
    if best then
      local a = load(P .. 'a:' .. best)
      if a and a.st == 'ready' and a.p == profile then return best, a, 'idle', seen end
      idle_remove(profile, best)
      repaired('agent ' .. best, 'stood idle in the list and was not')
      return best_agent(c)
    end
  end
  return nil
end

-- Pairs a contact or files it; c is not in a line when this is called.
local function place(cid, c)
  local aid, a, how, heads = best_agent(c)
  if aid then return reserve(cid, c, aid, a, how, heads, 'pending') end
  c.st = 'waiting'; c.r = nil; c.q = c.q or num(now)
  save(P .. 'c:' .. cid, c)
  line_add(c.cls, cid, c.sc)
  contact_event('contact.queued', cid, c)
  return nil
end

-- An agent has nothing to do: the first in line of all they can serve, or idle.
local function serve(aid, a)
  a.next = nil
  local packed = call('HLEN', P .. 'wheads') > 0 and call('HGET', P .. 'pcls@' .. ver, a.p)
  local classes = packed and cmsgpack.unpack(packed) or {}
  local best, first, cls
  if #classes > 0 then
    for i, text in ipairs(call('HMGET', P .. 'wheads', unpack(classes))) do
      if text then
        local score, id = head_read(text)
        if not best or score < first or (score == first and id < best) then
          best, first, cls = id, score, classes[i]
        end
      end
    end
  end
  if not best then return agent_move(aid, a, 'ready') end
  line_remove(cls, best)
  local c = load(P .. 'c:' .. best)
  if not c or c.st ~= 'waiting' then
    repaired('contact ' .. best, 'stood in line and did not wait')
    return serve(aid, a)
  end
  tally('waited', now - (tonumber(c.q or '') or now))
  a.idle = a.idle or num(micros)
  reserve(best, c, aid, a, 'freed', {{a.p, aid, math.floor(tonumber(a.idle) / 1000)}}, 'pending')
end

-- An agent is done with what they had; what they wished meanwhile holds.
local function release(aid, a, wish)
  a.r = nil; a.c = nil
  local held = a.next and cjson.decode(a.next)
  if held and held.state == 'logged-off' then wish = held end
  wish = wish or held or {state = 'ready'}
  a.next = nil
  if wish.state == 'ready' then serve(aid, a) else agent_move(aid, a, wish.state, wish.reason) end
end

-- The agent did not take it: they are not ready, and the contact goes to the next with its start time kept.
local function pass_on(rid, r, st, reason)
  end_reservation(rid, r, st)
  local a = load(P .. 'a:' .. r.a)
  if a and a.r == rid then
    if a.next and cjson.decode(a.next).state == 'logged-off' then release(r.a, a)
    else release(r.a, a, {state = 'not-ready', reason = reason}) end
  end
  local c = load(P .. 'c:' .. r.c)
  if c and c.r == rid then place(r.c, c) end
end

local function lapse(rid, r)
  tally('lapses', 1)
  tally('away', now - tonumber(r.at))
  pass_on(rid, r, 'timeout', 'missed')
end

-- The contact went away: the agent keeps how long they were idle.
local function withdraw(rid, r, st)
  end_reservation(rid, r, st)
  local a = load(P .. 'a:' .. r.a)
  if a and a.r == rid then release(r.a, a) end
end

local function take(rid, r)
  r.st = 'accepted'; r.acc = num(now)
  save(P .. 'r:' .. rid, r)
  call('ZREM', P .. 'dl', rid)
  call('HSET', P .. 'c:' .. r.c, 'st', 'accepted')
  emit('reservation.accepted', reservation_view(rid, r))
  agent_move(r.a, load(P .. 'a:' .. r.a), 'busy')
end

local function finish(rid, r, wish)
  learn(r.cls, now - tonumber(r.at))
  end_reservation(rid, r, 'completed')
  local c = load(P .. 'c:' .. r.c)
  if c and c.r == rid then contact_over(r.c, c) end
  local a = load(P .. 'a:' .. r.a)
  if a and a.r == rid then release(r.a, a, wish) end
end

-- A contact's due time no longer holds: it came, or it was taken back.
local function forget_due(id)
  call('ZREM', P .. 'due', id)
  local service = call('HGET', P .. 'duesvc', id)
  if service then
    call('ZREM', P .. 'booked:' .. service, id)
    call('HDEL', P .. 'duesvc', id)
  end
end
`;

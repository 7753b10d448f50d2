/**
 * How agents and contacts find each other. The rule: at rest nobody waits whom an idle agent could serve, so whatever
 * could make such a pair either makes it or files one entry, in the same step.
 */

/** An agent's state, and the lists and counts that follow it. */
export const moving = String.raw`
local AT_WORK = {ready = 1, reserved = 1, busy = 1, ['working-after-call'] = 1}

-- Moves an agent to a state, keeps the counts true, and tells; a.p is the profile they are counted under.
local function agent_move(id, a, st, reason)
  local was = a.st
  if was == 'ready' then list_remove('idle:', 'heads', a.p, id) end
  if a.reason == 'missed' and AT_WORK[st] then tally('away', math.min(now - tonumber(a.since), 600000)) end
  local work = (AT_WORK[st] or 0) - (AT_WORK[was] or 0)
  if work ~= 0 then call('HINCRBY', P .. 'work', a.p, work) end
  if was == 'logged-off' and st ~= was then
    call('HINCRBY', P .. 'duty', a.p, 1)
    call('ZADD', P .. 'on:' .. a.p, now, id)
    call('HDEL', P .. 'off', id)
  end
  a.st = st; a.reason = reason or ''; a.since = ms
  if st == 'ready' then
    if a.idle == '' then a.idle = stamp end
    list_add('idle:', 'heads', a.p, id, a.idle)
  elseif st ~= 'reserved' then
    a.idle = ''
  end
  if st ~= 'logged-off' then agent_save(id, a)
  else
    if was ~= st then call('HINCRBY', P .. 'duty', a.p, -1) end
    call('ZREM', P .. 'on:' .. a.p, id)
    call('HDEL', P .. 'agents', id)
    call('HSET', P .. 'off', id, ms)
  end
  emit('agent.state', agent_view(id, a))
end
`;

/** A reservation is made: the contact and the agent hold each other. */
export const reserving = String.raw`
-- In a small centre a decision remembers where everybody stood.
local function stood()
  if call('HLEN', P .. 'agents') > 20 then return '' end
  local all, states = call('HGETALL', P .. 'agents'), {}
  for i = 1, #all, 2 do
    local st, p, since, reason = match(all[i + 1],
      '^([^\t]*)\t([^\t]*)\t([^\t]*)\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*\t[^\t]*\t(.*)$')
    states[#states + 1] = quote(all[i]) .. ':' .. quote(st .. ' ' .. p .. ' ' .. since .. ' ' .. reason)
  end
  return #states > 0 and ',"states":{' .. table.concat(states, ',') .. '}' or ''
end

-- Of a profile looked at, who was idle longest, and since when in µs.
local function seen(p, id, idle) return '["' .. p .. '",' .. quote(id) .. ',' .. idle .. ']' end

local function reserve(cid, c, aid, a, how, looked, st, lines, heads)
  local fence = tonumber(meta[3] or '0') + 1
  -- Above the time too: grows even where the last second was lost with a machine, or the clock was set back.
  local f = fence < tonumber(stamp) and stamp or num(fence)
  meta[3] = f
  call('HSET', P .. 'meta', 'fence', f)
  local rid, dl = 'r' .. epoch .. '-' .. f, num(now + tonumber(c.om))
  local ring = c.ring ~= '0' and ',"ring":' .. c.ring or ''
  local why = '{"how":"' .. how .. '","version":' .. ver .. ',"class":"' .. c.cls .. '","at":' .. ms .. ',"heads":['
    .. looked .. ']' .. ring .. overtaken(c, how, lines, heads, aid, a.p) .. stood() .. '}'
  local r = {st = st, c = cid, a = aid, e = c.e, cls = c.cls, dl = dl, agent = a, body = '"id":"' .. rid .. '","contactId":' .. quote(cid) .. ',"entry":' .. c.e .. ',"agentId":' .. quote(aid)
      .. ',"fence":"' .. f .. '","epoch":' .. epoch .. ',"createdAt":' .. ms .. ',"deadline":' .. dl
      .. ',"class":"' .. c.cls .. '","why":' .. why .. '}'}
  call('SET', P .. 'r:' .. rid, cid .. '\t' .. aid .. '\t' .. c.e .. '\t' .. dl .. '\t' .. c.cls .. '\t' .. r.body)
  if st == 'pending' then call('ZADD', P .. 'dl', dl, rid) else a.acc = ms end
  c.st = 'held'; c.r = rid
  contact_save(cid, c)
  emit(st == 'accepted' and 'reservation.accepted' or 'reservation.created', reservation_view(r))
  a.r = rid; a.c = cid
  agent_move(aid, a, st == 'accepted' and 'busy' or 'reserved')
  return rid, r
end
`;

/** A contact looks for an agent. */
export const placing = String.raw`
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

-- Rings whose time has come hold from now on. Gives when the next one is due.
local function widen(c)
  while c.rings ~= '' do
    local at, cls, rest = match(c.rings, '^(%d+) (%S+) ?(.*)$')
    if tonumber(at) > now then return at end
    c.cls = cls; c.ring = num(tonumber(c.ring) + 1); c.rings = rest
  end
end

-- The best idle agent for this contact: the preferred one while that lasts, else best tier, longest idle.
-- Fourth: that nobody else is wanted yet.
local function best_agent(c)
  if c.pa ~= '' and now < tonumber(c.pu) then
    local a = agent_load(c.pa)
    if a and is_able(a.p, c.cls) then
      if a.st == 'ready' then return c.pa, a, 'preferred', seen(a.p, c.pa, a.idle) end
      if now < tonumber(c.pw) then return nil, nil, 'wait' end
    end
  end
  if call('HLEN', P .. 'heads') == 0 then return nil end
  local looked, n = '', 0
  for _, tier in ipairs(tiers_of(c.cls)) do
    local best, since, profile
    for i, text in ipairs(call('HMGET', P .. 'heads', unpack(tier))) do
      if text then
        local score, id, written = head_read(text)
        n = n + 1
        if n <= 20 then looked = looked .. (n > 1 and ',' or '') .. seen(tier[i], id, written) end
        if not best or score < since or (score == since and id < best) then
          best, since, profile = id, score, tier[i]
        end
      end
    end
    if best then
      local a = agent_load(best)
      if a and a.st == 'ready' and a.p == profile then return best, a, 'idle', looked end
      call('ZREM', P .. 'idle:' .. profile, best)
      head_update('idle:', 'heads', profile)
      repaired('agent ' .. best, 'stood idle in the list and was not')
      return best_agent(c)
    end
  end
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
    c.ln = '@' .. c.pa
    call('ZADD', P .. 'pstarts', c.start, cid)
    if not due or tonumber(c.pw) < tonumber(due) then due = c.pw end
  end
  contact_save(cid, c)
  line_add(cid, c)
  if due then call('ZADD', P .. 'widen', due, cid) end
  contact_event('contact.queued', cid, c)
end
local function place_again(cid, c) line_remove(cid, c); return place(cid, c) end
`;

/** An agent looks for a contact, and what an offer's end does to both. */
export const serving = String.raw`
-- A fault: somebody stands in a line and does not wait there.
local function unline(line, id, c)
  call('ZREM', P .. 'wait:' .. line, id)
  head_update('wait:', 'wheads', line)
  if not c or c.st ~= 'waiting' then call('ZREM', P .. 'starts', id); call('ZREM', P .. 'pstarts', id) end
  repaired('contact ' .. id, 'stood in line and did not wait')
end

-- An agent has nothing to do: the first in line of all they can serve, or idle.
local function serve(aid, a)
  a.next = ''
  if call('HLEN', P .. 'wheads') == 0 then return agent_move(aid, a, 'ready') end
  local lines = lines_of(aid, a.p)
  local heads = call('HMGET', P .. 'wheads', unpack(lines))
  local best, first, line
  for i, text in ipairs(heads) do
    if text then
      local score, id = head_read(text)
      if not best or score < first or (score == first and id < best) then best, first, line = id, score, lines[i] end
    end
  end
  if not best then return agent_move(aid, a, 'ready') end
  local c = contact_load(best)
  if not c or c.st ~= 'waiting' or c.ln ~= line then
    unline(line, best, c)
    return serve(aid, a)
  end
  line_remove(best, c)
  tally_waited(c)
  if a.idle == '' then a.idle = stamp end
  local how = line == '@' .. aid and 'preferred' or 'freed'
  reserve(best, c, aid, a, how, seen(a.p, aid, a.idle), 'pending', lines, heads)
end

-- Nobody is waited for who cannot come: those who waited for this agent look for others.
local function unwait(aid)
  if call('HEXISTS', P .. 'wheads', '@' .. aid) == 0 then return end
  for _, cid in ipairs(call('ZRANGE', P .. 'wait:@' .. aid, 0, 99)) do
    local c = contact_load(cid)
    if c and c.st == 'waiting' then place_again(cid, c) end
  end
end

-- An agent is done with what they had; what they wished meanwhile holds.
local function release(aid, a, wish)
  a.r = ''; a.c = ''; a.acc = ''
  local held = a.next ~= '' and cjson.decode(a.next) or nil
  if held and held.state == 'logged-off' then wish = held end
  wish = wish or held
  a.next = ''
  if not wish or wish.state == 'ready' then return serve(aid, a) end
  agent_move(aid, a, wish.state, wish.reason)
  if wish.state == 'logged-off' then unwait(aid) end
end
local function release_from(r, wish)
  if r.agent then release(r.a, r.agent, wish) end
end

-- The agent did not take it: they are not ready, and the contact goes to the next with its start time kept.
local function pass_on(rid, r, st, reason)
  end_reservation(rid, r, st)
  release_from(r, {state = 'not-ready', reason = reason})
  local c = held_by(rid, r)
  if c then place(r.c, c) end
end
local function lapse(rid, r)
  tally('lapses', 1)
  tally('away', now - offered_at(rid))
  pass_on(rid, r, 'timeout', 'missed')
end

-- The contact went away: the agent keeps how long they were idle.
local function withdraw(rid, r, st)
  end_reservation(rid, r, st)
  release_from(r)
end
`;

/** An offer is taken. */
export const taking = String.raw`
local function take(rid, r)
  r.st = 'accepted'
  call('ZREM', P .. 'dl', rid)
  emit('reservation.accepted', reservation_view(r))
  r.agent.acc = ms
  agent_move(r.a, r.agent, 'busy')
end
`;

/** A contact is done with. */
export const finishing = String.raw`
local function contact_done(rid, r)
  local st, e, held = match(call('GET', P .. 'c:' .. r.c) or '', '^([^\t]*)\t([^\t]*)\t([^\t]*)\t')
  if st == 'held' and held == rid then contact_over(r.c, {e = e}) end
end

local function finish(rid, r, wish)
  learn(r.cls, now - offered_at(rid))
  end_reservation(rid, r, 'completed')
  contact_done(rid, r)
  release(r.a, r.agent, wish)
end
`;

export const telling = String.raw`
local function repaired(what, why)
  emit('repaired', cjson.encode({what = what, why = why}))
end
`;

/**
 * How agents and contacts find each other. The rule: at rest nobody waits whom an idle agent could serve, so whatever
 * could make such a pair either makes it or files one entry, in the same step.
 */

/** An agent's state, and the lists and counts that follow it. */
export const moving = String.raw`
local AT_WORK = {ready = 1, reserved = 1, busy = 1, ['working-after-call'] = 1}

-- Moves an agent to a state, keeps the counts true, and tells; a.p is the profile they are counted under.
-- With contacts in hand the state is that of the foremost, whatever is asked for.
local function agent_move(id, a, st, reason)
  local was = a.st0
  if was == 'ready' then list_remove('idle:', 'heads', a.p, a.at .. ' ' .. id)
  elseif a.open ~= '' then close_parts(id, a) end
  a.st = st
  bring_foremost(a)
  st = a.st
  if a.reason == 'missed' and AT_WORK[st] then tally('away', min(now - tonumber(a.since), 600000)) end
  local work = (AT_WORK[st] or 0) - (AT_WORK[was] or 0)
  if work ~= 0 then call('HINCRBY', K.work, a.p, work) end
  if was == 'logged-off' and st ~= was then
    call('HINCRBY', K.duty, a.p, '1')
    call('ZADD', P .. 'on:' .. a.p, ms, id)
    call('HDEL', K.off, id)
  end
  a.reason = a.r == '' and reason or ''
  if a.r == '' or st ~= was or a.r ~= a.r0 then a.since = ms end
  if st == 'ready' then
    if a.idle == '' then a.idle = stamp end
    a.at = a.idle
    list_add('idle:', 'heads', a.p, id, a.at)
  elseif st ~= 'reserved' then
    local open = a.r ~= '' and a.next == '' and room(a) or ''
    if open ~= '' then open_parts(id, a, open) else a.idle = '' end
  end
  a.st0 = st; a.r0 = a.r
  local text = agent_text(a)
  if st ~= 'logged-off' then call('HSET', K.agents, id, text)
  else
    if was ~= st then call('HINCRBY', K.duty, a.p, -1) end
    call('ZREM', P .. 'on:' .. a.p, id)
    call('HDEL', K.agents, id)
    call('HSET', K.off, id, ms)
  end
  emit('agent.state', id, text)
end
`;

/** A reservation is made: the contact and the agent hold each other. */
export const reserving = String.raw`
-- In a small centre a decision remembers where everybody stood.
local function stood()
  if call('HLEN', K.agents) > 20 then return '' end
  local all, states = call('HGETALL', K.agents), {}
  for i = 1, #all, 2 do
    local st, p, since, _, _, _, _, ch, _, reason, _, _, also = fields('sssssssssssss', all[i + 1])
    -- What is in hand, where it is not one call: busy+chat+chat.
    if ch ~= 'voice' or also ~= '' then
      st = st .. '+' .. ch
      for other in string.gmatch(also, '%S+ %S+ (%S+) [^\1]*\1') do st = st .. '+' .. other end
    end
    states[#states + 1] = all[i] .. '\1' .. st .. ' ' .. p .. ' ' .. since .. ' ' .. reason
  end
  return join(states, '\1')
end

-- Of a profile looked at, who was idle longest, and since when in µs.
local function seen(p, id, idle) return p .. '\1' .. idle .. ' ' .. id end

local function reserve(cid, c, aid, a, how, looked, st, lines, heads)
  local number = tonumber(fence) + 1
  -- Above the time too: grows even where the last second was lost with a machine, or the clock was set back.
  fence = number < tonumber(stamp) and stamp or num(number)
  local rid, dl = 'r' .. epoch .. '-' .. fence, num(now + tonumber(c.om))
  local text = cid .. '\0' .. aid .. '\0' .. c.e .. '\0' .. dl .. '\0' .. c.cls .. '\0' .. ms .. '\0' .. how .. '\0'
    .. version .. '\0' .. looked .. '\0' .. c.ring .. '\0' .. overtaken(c, how, lines, heads, aid, a) .. '\0' .. stood()
    .. '\0'
  local r = {id = rid, st = st, c = cid, a = aid, e = c.e, dl = dl, cls = c.cls, made = ms, text = text, agent = a}
  put_by(a)
  a.acc = ''
  if st == 'pending' then call('ZADD', K.dl, dl, rid) else a.acc = ms; a.idle = '' end
  c.st = 'held'; c.r = rid; c.ln = ''
  call('MSET', K.meta, meta_text(), P .. 'r:' .. rid, text, P .. 'c:' .. cid, contact_text(c))
  emit(st == 'accepted' and 'reservation.accepted' or 'reservation.created', rid, text)
  a.r = rid; a.c = cid; a.ch = channel_of(c.cls)
  agent_move(aid, a, st == 'accepted' and 'busy' or 'reserved')
  return rid, r
end
`;

/** An agent looks for a contact, and what an offer's end does to both. */
export const serving = String.raw`
-- A fault: somebody stands in a line and does not wait there.
local function unline(line, entry, id, c)
  list_remove('wait:', 'wheads', line, entry)
  if not c or c.st ~= 'waiting' then call('ZREM', K.starts, id); call('ZREM', K.pstarts, id) end
  repaired('contact ' .. id, 'stood in line and did not wait')
end

-- An agent has nothing to do: the first in line of all they can serve, or idle.
local function serve(aid, a)
  a.next = ''
  local otherwise = a.r == '' and 'ready' or a.st
  if a.r ~= '' and room(a) == '' or call('HLEN', K.wheads) == 0 then return agent_move(aid, a, otherwise) end
  local lines = lines_of(aid, a)
  local heads = call('HMGET', K.wheads, unpack(lines))
  local first, at
  for i, head in ipairs(heads) do
    if head and (not first or head < first) then first, at = head, i end
  end
  if not first then return agent_move(aid, a, otherwise) end
  local best, line = id_of(first), lines[at]
  local c = contact_load(best)
  if not c or c.st ~= 'waiting' or c.ln ~= line then
    unline(line, first, best, c)
    return serve(aid, a)
  end
  line_remove(best, c)
  tally_waited(c)
  if a.idle == '' then a.idle = stamp end
  local how = find(line, '@', 1, true) == 1 and 'preferred' or 'freed'
  reserve(best, c, aid, a, how, seen(a.p, aid, idle_score(a)), 'pending', lines, heads)
end

-- Nobody is waited for who cannot come: those who waited for this agent look for others; of very many the rest with the
-- next sweeps.
local function unwait(aid)
  local theirs = {}
  for _, ch in ipairs(CHANNELS) do
    local line = personal(aid, ch)
    if call('HEXISTS', K.wheads, line) == 1 then
      local all = call('ZRANGE', P .. 'wait:' .. line, '0', '-1')
      for i, entry in ipairs(all) do
        if i <= 100 then theirs[#theirs + 1] = entry
        -- Due already, and in their order.
        else call('ZADD', K.widen, string.format('%.3f', now - (#all - i) / 1000), id_of(entry)) end
      end
    end
  end
  table.sort(theirs)
  for _, entry in ipairs(theirs) do
    local id = id_of(entry)
    local c = contact_load(id)
    if c and c.st == 'waiting' then place_again(id, c) end
  end
end

local function wish_text(wish)
  if wish.state ~= 'not-ready' then return '{"state":"' .. wish.state .. '"}' end
  return '{"state":"not-ready","reason":' .. cjson.encode(wish.reason) .. '}'
end

-- An agent is done with what is looked at; what they wished meanwhile holds when the last is gone.
local function release(aid, a, wish)
  a.r = ''; a.c = ''; a.acc = ''; a.ch = 'voice'
  bring_foremost(a)
  local held = a.next ~= '' and cjson.decode(a.next) or nil
  if held and held.state == 'logged-off' then wish = held end
  wish = wish or held
  a.next = ''
  if not wish or wish.state == 'ready' then return serve(aid, a) end
  if a.r ~= '' then
    a.next = wish_text(wish)
    return agent_move(aid, a, a.st)
  end
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
  tally('away', now - tonumber(r.made))
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
-- A contact in hand stands otherwise now, and there may be room for another.
local function settle(aid, a, st)
  a.st = st
  bring_foremost(a)
  if a.next == '' and room(a) ~= '' then serve(aid, a) else agent_move(aid, a, a.st) end
end
local function take(rid, r)
  r.st = 'accepted'
  call('ZREM', K.dl, rid)
  emit('reservation.accepted', rid, r.text)
  r.agent.acc = ms; r.agent.idle = ''
  settle(r.a, r.agent, 'busy')
end
`;

/** A contact is done with. */
export const finishing = String.raw`
-- Looks and writes at once, since it nearly always is this reservation by which the contact is held; else all is as it was.
local function contact_done(rid, r)
  local key = P .. 'c:' .. r.c
  local text = call('SET', key, over_text(r.e), 'EX', OVER_S, 'GET')
  if not text then return call('DEL', key) end
  local st, held, _, e = fields('ssss', text)
  if st == 'over' then contact_over(r.c, e)
  elseif st ~= 'held' or held ~= rid then call('SET', key, text) end
end

local function finish(rid, r, wish)
  learn(r.cls, now - tonumber(r.made))
  end_reservation(rid, r, 'completed')
  contact_done(rid, r)
  r.agent.idle = ''
  release(r.a, r.agent, wish)
end
`;

export const telling = String.raw`
local function repaired(what, why)
  emit('repaired', what, why)
end
`;

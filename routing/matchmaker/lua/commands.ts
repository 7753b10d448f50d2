/** What the contact server may tell: each body runs after the pieces it needs. */

/**
 * [cid, wishes, roster version, '1' to be told where it stands]. The wishes are one text as `lua/records.ts` keeps it: entry, class, ring 0, rings
 * `at class …`, score, started at, offer ms, priority, boost ms, `until waited-for-until agent` of who is preferred,
 * class, service.
 */
export const enter = String.raw`
if arg(3) ~= version then return {'stale', version} end
local cid, new = arg(1), contact_new(arg(2))
local entry = tonumber(new.e)
local c = contact_read(first)
local freed
if c then
  local known = tonumber(c.e)
  if known > entry or (known == entry and c.st == 'over') then return {'over'} end
  if known == entry then
    if c.st == 'waiting' then return queued(cid, arg(4) == '1') end
    local r = reservation_load(c.r)
    if r then return answer('reserved', r) end
  end
end
local unknown = unknown_class(new)
if unknown then return {'unknown-class', unknown} end
if c and c.st == 'waiting' then line_remove(cid, c) end
if c and c.st == 'held' then
  local r = reservation_load(c.r)
  if r and r.st == 'pending' then end_reservation(c.r, r, 'canceled'); freed = r end
end
learn_coming(new)
local rid, r = place(cid, new)
-- Only now, so that the contact itself stands in line for the agent its older offer held.
if freed then
  release_from(freed)
  local after = contact_load(cid)
  if after.r ~= '' then rid = after.r; r = reservation_load(rid) end
end
if rid then return answer('reserved', r) end
return queued(cid, arg(4) == '1')
`;

/** [cid]. */
export const leave = String.raw`
local cid = arg(1)
local c = contact_read(first)
if not c or c.st == 'over' then return {'nothing'} end
local r = reservation_load(c.r)
if r and is_taken(r) then return {'nothing'} end
if c.st == 'waiting' then
  line_remove(cid, c)
  tally('cancels', 1)
  tally_waited(c)
end
contact_over(cid, c.e)
contact_event('contact.left', cid, c)
if r and r.st == 'pending' then withdraw(c.r, r, 'canceled') end
return {'left'}
`;

/** [rid, agent]. The race of accept and deadline is decided here, by Redis time; who is late is told to `lapse` it. */
export const accept = String.raw`
local rid, aid = arg(1), arg(2)
local r = reservation_read(rid, first)
if not r then return {'unknown', epoch} end
if r.a ~= aid then return {'not-yours'} end
if is_taken(r) then return answer('ok', r) end
if r.st ~= 'pending' then return {'gone'} end
if now >= tonumber(r.dl) then return {'late'} end
take(rid, r)
return answer('ok', r)
`;

/** [rid]: an offer whose deadline is over, if it still is one. */
export const lapse = String.raw`
local r = reservation_read(arg(1), first)
if r and r.st == 'pending' and now >= tonumber(r.dl) then lapse(arg(1), r) end
return {'gone'}
`;

/** [rid, agent]. */
export const reject = String.raw`
local rid, aid = arg(1), arg(2)
local r = reservation_read(rid, first)
if not r then return {'unknown', epoch} end
if r.a ~= aid then return {'not-yours'} end
if r.st == 'rejected' then return answer('ok', r) end
if r.st ~= 'pending' then return {'gone'} end
if now >= tonumber(r.dl) then lapse(rid, r); return {'gone'} end
pass_on(rid, r, 'rejected', 'declined')
return answer('ok', r)
`;

/** [cid, wishes as for enter, roster version, agent]. */
export const claim = String.raw`
if arg(3) ~= version then return {'stale', version} end
local cid, new, aid = arg(1), contact_new(arg(2)), arg(4)
local entry = tonumber(new.e)
local c = contact_read(first)
local old
if c then
  local known = tonumber(c.e)
  if known > entry or (known == entry and c.st == 'over') then return {'gone'} end
  old = reservation_load(c.r)
  if known == entry and old and is_taken(old) then
    if old.a == aid then return answer('ok', old) end
    return {'gone'}
  end
end
local unknown = unknown_class(new)
if unknown then return {'unknown-class', unknown} end
widen(new)
if old and old.st == 'pending' and tonumber(c.e) == entry and old.a == aid and now < tonumber(old.dl) then
  take(c.r, old)
  return answer('ok', old)
end
local a = agent_load(aid)
if not a or not is_able(a.p, new.cls) then return {'not-able'} end
if a.r ~= '' and not find(room(a), channel_of(new.cls), 1, true) then return {'not-able'} end
-- Whoever makes a call was there to miss no more: afterwards they are not told so again, nor counted as away.
if a.st == 'not-ready' then
  local reason = a.reason == 'missed' and 'call made' or a.reason
  a.next = '{"state":"not-ready","reason":' .. cjson.encode(reason) .. '}'
end
if c and c.st == 'waiting' then line_remove(cid, c) end
local taken = c and c.r
if old and old.st == 'pending' then end_reservation(taken, old, 'rescinded') end
forget_due(cid)
if a.idle == '' then a.idle = stamp end
local rid, r = reserve(cid, new, aid, a, 'claimed', seen(a.p, aid, idle_score(a)), 'accepted')
if old and old.st == 'rescinded' then release_from(old) end
return answer('ok', r)
`;

/** [rid]. */
export const wrapUp = String.raw`
local rid = arg(1)
local r = reservation_read(rid, first)
if not r or r.st ~= 'accepted' then return {'nothing'} end
r.st = 'wrapping'
emit('reservation.wrapup', rid, r.text)
settle(r.a, r.agent, 'working-after-call')
return {'wrapping'}
`;

/** [rid, state wished or empty for what was wished before, reason]. An offer nobody took is canceled by it. */
export const complete = String.raw`
local rid = arg(1)
local r = reservation_read(rid, first)
if not r then return {'unknown', epoch} end
if is_taken(r) then
  finish(rid, r, arg(2) ~= '' and {state = arg(2), reason = arg(3)} or nil)
elseif r.st == 'pending' then
  contact_done(rid, r)
  withdraw(rid, r, 'canceled')
end
return {'done'}
`;

/** [agent, profile, state wished, reason, wish as JSON, roster version, '1' to leave alone who is logged in]. */
export const setAgentState = String.raw`
local aid, p = arg(1), arg(2)
if arg(6) ~= version then return {'stale', version} end
local wish = {state = arg(3), reason = arg(4)}
local a = agent_load(aid)
if not a then
  a = agent_off(p, call('HGET', K.off, aid) or ms)
elseif arg(7) == '1' then return {'ok', agent_text(a)} end
if a.st == 'reserved' and wish.state == 'logged-off' then
  local rid, r = a.r, reservation_load(a.r)
  if r then end_reservation(rid, r, 'canceled') end
  release(aid, a, wish)
  local c = r and held_by(rid, r)
  if c then place(r.c, c) end
elseif a.r ~= '' then
  local kept = a.next
  a.next = wish.state == 'ready' and '' or arg(5)
  if kept ~= a.next then
    if a.next == '' and room(a) ~= '' then serve(aid, a) else agent_move(aid, a, a.st) end
  end
elseif a.st ~= wish.state or a.reason ~= wish.reason then
  release(aid, a, wish)
end
return {'ok', agent_text(agent_load(aid) or a)}
`;

/** [agent]. */
export const agentStatus = String.raw`
local a = agent_load(arg(1))
if a then return {'ok', agent_text(a)} end
local since = call('HGET', K.off, arg(1))
if not since then return {'unknown'} end
return {'ok', agent_text(agent_off('', since))}
`;

/** [cid, at, service or empty, started at or empty]: who started already is overtaken while they snooze. Tells the time it had. */
export const schedule = String.raw`
local cid, service, start = arg(1), arg(3), arg(4)
local before = forget_due(cid)
if service ~= '' then
  call('ZADD', P .. 'booked:' .. service, arg(2), cid)
  call('SADD', K.services, service)
else call('ZADD', K.due, arg(2), cid) end
if start ~= '' and tonumber(start) < tonumber(arg(2)) then
  call('ZADD', K.later, start, cid)
  snoozing = num(tonumber(snoozing) + 1)
  meta_keep()
end
return {'ok', before or ''}
`;

/** [cid]. Tells the time it had. */
export const unschedule = String.raw`
return {'ok', forget_due(arg(1)) or ''}
`;

/** [cid, at]: a job says that it is time. Nothing when the contact was moved meanwhile; else how long still, in ms. */
export const due = String.raw`
local at = due_at(arg(1)) or -1
if at ~= tonumber(arg(2)) then return {'nothing'} end
if at > now then return {'early', num(at - now)} end
forget_due(arg(1))
emit('contact.due', arg(1), '')
return {'due'}
`;

/**
 * [as for enter]: the rule of its service was changed. Who waits is asked for, offered and waited for by the new one;
 * place and score stay.
 */
export const anew = String.raw`
if arg(3) ~= version then return {'stale', version} end
local cid, new = arg(1), contact_new(arg(2))
local c = contact_read(first)
if not c or c.st ~= 'waiting' or tonumber(c.e) ~= tonumber(new.e) then return {'nothing'} end
local unknown = unknown_class(new)
if unknown then return {'unknown-class', unknown} end
widen(new)
local function terms(it) return match(it.pref, '^(%S+ %S+) ') end
if new.cls == c.cls and new.rings == c.rings and new.om == c.om and terms(new) == terms(c) then return {'nothing'} end
new.sc = c.sc; new.pr = c.pr; new.bo = c.bo
wishes_changed(new)
line_remove(cid, c)
place(cid, new)
return {'ok'}
`;

/** What the contact server may tell: each body runs after `base` and `matching`. */

/** [cid, entry, class, score, offerMs, preferred agent, preferred until, contact as JSON, roster version]. */
export const enter = String.raw`
local cid, entry, cls = arg(1), tonumber(arg(2)), arg(3)
if arg(9) ~= ver then return {'stale', ver} end
local c = load(P .. 'c:' .. cid)
local freed
if c then
  local known = tonumber(c.e)
  if known > entry or (known == entry and c.st == 'over') then return {'over'} end
  if known == entry then
    if c.st == 'waiting' then return {'queued'} end
    local r = load(P .. 'r:' .. c.r)
    if r then return {'reserved', reservation_view(c.r, r)} end
  end
end
if call('HEXISTS', P .. 'compat@' .. ver, cls) == 0 then return {'unknown-class'} end
if c and c.st == 'waiting' then line_remove(c.cls, cid) end
if c and c.st == 'reserved' then
  local r = load(P .. 'r:' .. c.r)
  if r and r.st == 'pending' then end_reservation(c.r, r, 'canceled'); freed = {c.r, r.a} end
end
local fresh = {e = arg(2), cls = cls, sc = arg(4), om = arg(5), j = arg(8)}
if arg(6) ~= '' then fresh.pa = arg(6); fresh.pu = arg(7) end
learn_coming(cls, arg(4), entry)
local rid, r = place(cid, fresh)
-- Only now, so that the contact itself stands in line for the agent its older offer held.
if freed then
  local a = load(P .. 'a:' .. freed[2])
  if a and a.r == freed[1] then release(freed[2], a) end
  local after = load(P .. 'c:' .. cid)
  if after.r then rid = after.r; r = load(P .. 'r:' .. rid) end
end
if rid then return {'reserved', reservation_view(rid, r)} end
return {'queued'}
`;

/** [cid]. */
export const leave = String.raw`
local cid = arg(1)
local c = load(P .. 'c:' .. cid)
if not c or c.st == 'over' or c.st == 'accepted' then return {'nothing'} end
if c.st == 'waiting' then
  line_remove(c.cls, cid)
  tally('cancels', 1)
  tally('waited', now - (tonumber(c.q or '') or now))
end
local rid = c.r
contact_over(cid, c)
contact_event('contact.left', cid, c)
local r = rid and load(P .. 'r:' .. rid)
if r and r.st == 'pending' then withdraw(rid, r, 'canceled') end
return {'left'}
`;

/** [rid, agent]. The race of accept and deadline is decided here, by Redis time. */
export const accept = String.raw`
local rid, aid = arg(1), arg(2)
local r = load(P .. 'r:' .. rid)
if not r then return {'unknown', epoch} end
if r.a ~= aid then return {'not-yours'} end
if r.st == 'accepted' or r.st == 'wrapping' then return {'ok', reservation_view(rid, r)} end
if r.st ~= 'pending' then return {'gone'} end
if now >= tonumber(r.dl) then lapse(rid, r); return {'gone'} end
take(rid, r)
return {'ok', reservation_view(rid, r)}
`;

/** [rid, agent]. */
export const reject = String.raw`
local rid, aid = arg(1), arg(2)
local r = load(P .. 'r:' .. rid)
if not r then return {'unknown', epoch} end
if r.a ~= aid then return {'not-yours'} end
if r.st == 'rejected' then return {'ok', reservation_view(rid, r)} end
if r.st ~= 'pending' then return {'gone'} end
if now >= tonumber(r.dl) then lapse(rid, r); return {'gone'} end
pass_on(rid, r, 'rejected', 'declined')
return {'ok', reservation_view(rid, r)}
`;

/** [cid, entry, class, score, offerMs, agent, profile, contact as JSON, roster version]. */
export const claim = String.raw`
local cid, entry, cls, aid = arg(1), tonumber(arg(2)), arg(3), arg(6)
if arg(9) ~= ver then return {'stale', ver} end
local c = load(P .. 'c:' .. cid)
local old
if c then
  local known = tonumber(c.e)
  if known > entry or (known == entry and c.st == 'over') then return {'gone'} end
  if c.r then old = load(P .. 'r:' .. c.r) end
  if known == entry and old and (old.st == 'accepted' or old.st == 'wrapping') then
    if old.a == aid then return {'ok', reservation_view(c.r, old)} end
    return {'gone'}
  end
end
if call('HEXISTS', P .. 'compat@' .. ver, cls) == 0 then return {'unknown-class'} end
local a = load(P .. 'a:' .. aid)
if old and old.st == 'pending' and tonumber(c.e) == entry and old.a == aid and now < tonumber(old.dl) then
  take(c.r, old)
  return {'ok', reservation_view(c.r, old)}
end
if not a or not is_able(a.p, cls) or not (a.st == 'ready' or a.st == 'not-ready') then return {'not-able'} end
if a.st == 'not-ready' and not a.next then
  a.next = cjson.encode({state = 'not-ready', reason = a.reason})
end
if c and c.st == 'waiting' then line_remove(c.cls, cid) end
local taken = c and c.r
if old and old.st == 'pending' then end_reservation(taken, old, 'rescinded') end
forget_due(cid)
local fresh = {e = arg(2), cls = cls, sc = arg(4), om = arg(5), j = arg(8)}
local since = math.floor(tonumber(a.idle or num(micros)) / 1000)
local rid, r = reserve(cid, fresh, aid, a, 'claimed', {{a.p, aid, since}}, 'accepted')
if old and old.st == 'rescinded' then
  local other = load(P .. 'a:' .. old.a)
  if other and other.r == taken then release(old.a, other) end
end
return {'ok', reservation_view(rid, r)}
`;

/** [rid]. */
export const wrapUp = String.raw`
local rid = arg(1)
local r = load(P .. 'r:' .. rid)
if not r or r.st ~= 'accepted' then return {'nothing'} end
r.st = 'wrapping'
save(P .. 'r:' .. rid, r)
emit('reservation.wrapup', reservation_view(rid, r))
local a = load(P .. 'a:' .. r.a)
if a and a.r == rid then agent_move(r.a, a, 'working-after-call') end
return {'wrapping'}
`;

/** [rid, wish as JSON or empty for what was wished before]. An offer nobody took is canceled by it. */
export const complete = String.raw`
local rid = arg(1)
local r = load(P .. 'r:' .. rid)
if not r then return {'unknown', epoch} end
if r.st == 'accepted' or r.st == 'wrapping' then
  finish(rid, r, arg(2) ~= '' and cjson.decode(arg(2)) or nil)
elseif r.st == 'pending' then
  local c = load(P .. 'c:' .. r.c)
  if c and c.r == rid then contact_over(r.c, c) end
  withdraw(rid, r, 'canceled')
end
return {'done'}
`;

/** [agent, profile, wish as JSON, roster version, '1' to leave alone who is logged in]. */
export const setAgentState = String.raw`
local aid, p = arg(1), arg(2)
if arg(4) ~= ver then return {'stale', ver} end
local wish = cjson.decode(arg(3))
local a = load(P .. 'a:' .. aid) or {st = 'logged-off', since = num(now), p = p}
if arg(5) == '1' and a.st ~= 'logged-off' then return {'ok', agent_view(aid, a)} end
if a.st == 'logged-off' then a.p = p end
if a.st == 'reserved' and wish.state == 'logged-off' then
  local rid, r = a.r, load(P .. 'r:' .. a.r)
  if r then end_reservation(rid, r, 'canceled') end
  release(aid, a, wish)
  local c = r and load(P .. 'c:' .. r.c)
  if c and c.r == rid then place(r.c, c) end
elseif a.st == 'reserved' or a.st == 'busy' or a.st == 'working-after-call' then
  local kept = a.next
  if wish.state == 'ready' then a.next = nil else a.next = arg(3) end
  if kept ~= a.next then
    save(P .. 'a:' .. aid, a)
    emit('agent.state', agent_view(aid, a))
  end
elseif a.st ~= wish.state or a.reason ~= wish.reason then
  release(aid, a, wish)
end
return {'ok', agent_view(aid, load(P .. 'a:' .. aid) or a)}
`;

/** [agent]. */
export const agentStatus = String.raw`
local a = load(P .. 'a:' .. arg(1))
if not a then return {'unknown'} end
return {'ok', agent_view(arg(1), a)}
`;

/** [cid, at, service or empty]. */
export const schedule = String.raw`
forget_due(arg(1))
call('ZADD', P .. 'due', arg(2), arg(1))
if arg(3) ~= '' then
  call('ZADD', P .. 'booked:' .. arg(3), arg(2), arg(1))
  call('HSET', P .. 'duesvc', arg(1), arg(3))
end
return {'ok'}
`;

/** [cid]. */
export const unschedule = String.raw`
forget_due(arg(1))
return {'ok'}
`;

/** [cid, at]: a job says that it is time. Nothing when the contact was moved meanwhile; else how long still, in ms. */
export const due = String.raw`
local at = tonumber(call('ZSCORE', P .. 'due', arg(1)) or '-1')
if at ~= tonumber(arg(2)) then return {'nothing'} end
if at > now then return {'early', num(at - now)} end
forget_due(arg(1))
emit('contact.due', cjson.encode({contactId = arg(1)}))
return {'due'}
`;

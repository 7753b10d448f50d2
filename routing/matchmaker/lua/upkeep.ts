/** What routing does by itself: deadlines, lost jobs, repairs, a new roster, a new epoch. */

/**
 * [token, lease ms, how many at most, grace ms for jobs]. One process leads while its lease lasts: it ends offers that
 * lapsed, widens what is asked for where a ring is due or a preferred agent did not come, and fires due times whose job
 * was lost.
 */
export const sweep = String.raw`
local leader = call('GET', K.leader)
if leader and leader ~= arg(1) then return {'follower'} end
call('SET', K.leader, arg(1), 'PX', arg(2))
local lapsed = call('ZRANGEBYSCORE', K.dl, '-inf', ms, 'LIMIT', 0, arg(3))
for _, rid in ipairs(lapsed) do
  local r = reservation_load(rid)
  if r and r.st == 'pending' then lapse(rid, r) else call('ZREM', K.dl, rid) end
end
local wider = call('ZRANGEBYSCORE', K.widen, '-inf', ms, 'LIMIT', 0, arg(3))
for _, cid in ipairs(wider) do
  local c = contact_load(cid)
  if c and c.st == 'waiting' then place_again(cid, c) else call('ZREM', K.widen, cid) end
end
local late = {}
for _, list in ipairs(due_lists()) do
  local found = call('ZRANGEBYSCORE', list, '-inf', num(now - tonumber(arg(4))), 'WITHSCORES', 'LIMIT', 0, arg(3))
  for i = 1, #found, 2 do late[#late + 1] = {id = found[i], at = tonumber(found[i + 1])} end
end
table.sort(late, function(a, b) return a.at < b.at or (a.at == b.at and a.id < b.id) end)
for _, it in ipairs(late) do
  forget_due(it.id)
  emit('contact.due', it.id, '')
end
return {'leader', tostring(#lapsed), tostring(#late), tostring(#wider)}
`;

/** [token]: the next process need not wait for the lease to end. */
export const resign = String.raw`
if call('GET', K.leader) == arg(1) then call('DEL', K.leader) end
return {'ok'}
`;

/** [cursor of the scan over agents, longest handling ms]. A bounded look at what should be impossible; says what it mended. */
export const audit = String.raw`
local page = call('HSCAN', K.agents, arg(1), 'COUNT', 200)
for i = 1, #page[2], 2 do
  local id = page[2][i]
  local a = agent_load(id)
  local open = a.open
  for _, rid in ipairs(in_hand(a)) do
    local r = reservation_load(rid)
    if not r or r.a ~= id then
      a = agent_load(id)
      if a.r ~= rid then bring(a, rid) end
      repaired('agent ' .. id, 'was ' .. a.st .. ' with a reservation that is over')
      local cid = a.c
      release(id, a)
      local c = contact_load(cid)
      if c and c.st == 'held' and c.r == rid then place(cid, c) end
    elseif r.st == 'pending' and not call('ZSCORE', K.dl, rid) then
      call('ZADD', K.dl, r.dl, rid)
      repaired('reservation ' .. rid, 'had no deadline')
    elseif r.agent and r.agent.acc ~= '' and now - tonumber(r.agent.acc) > tonumber(arg(2)) then
      repaired('reservation ' .. rid, 'was ' .. r.st .. ' for too long')
      finish(rid, r, {state = 'not-ready', reason = 'stuck'})
    end
  end
  if a.r == '' and a.st == 'ready' and not call('ZSCORE', P .. 'idle:' .. a.p, a.at .. ' ' .. id) then
    repaired('agent ' .. id, 'was ready and in no list')
    serve(id, a)
  end
  for ch in string.gmatch(open, '%a+') do
    local b = agent_load(id)
    if b and b.open == open and not call('ZSCORE', P .. 'idle:' .. b.p .. '/' .. ch, b.at .. ' ' .. id) then
      repaired('agent ' .. id, 'had room for more and was in no list')
      agent_move(id, b, b.st)
    end
  end
end
local waiting = call('HGETALL', K.wheads)
for i = 1, min(#waiting, 400), 2 do
  local line = waiting[i]
  local cid = id_of(waiting[i + 1])
  local c = contact_load(cid)
  if not c or c.st ~= 'waiting' or c.ln ~= line then unline(line, waiting[i + 1], cid, c)
  elseif best_agent(c) then
    repaired('contact ' .. cid, 'waited though an agent was idle')
    place_again(cid, c)
  end
end
return {'ok', page[1]}
`;

/** [epoch]: Redis is empty. */
export const found = String.raw`
if call('EXISTS', K.meta) == 1 then return {'already'} end
epoch, version, fence, snoozing = arg(1), '0', '0', '0'
meta_keep()
call('DEL', K.out)
emit('repaired', 'redis', epoch == '1' and 'first start' or 'its data were lost; those who wait must be entered again')
return {'founded'}
`;

/** [epoch]: what stands here is older than what was worked with since. Whoever reads on from then sees that it is another. */
export const renew = String.raw`
if tonumber(arg(1)) <= tonumber(epoch) then return {'already'} end
epoch = arg(1)
meta_keep()
call('DEL', K.out)
emit('repaired', 'redis', 'its data were older than what was worked with since')
return {'renewed'}
`;

/** [version, cls or profile kind 'c' | 'p', then id, definition as JSON, table as JSON, …]: a piece of a coming roster. */
export const stage = String.raw`
local coming = arg(1)
if tonumber(coming) <= tonumber(version) then return {'late', version} end
local defs, tables = K.cdef, P .. 'compat@' .. coming
if arg(2) == 'p' then defs, tables = K.pdef, P .. 'pcls@' .. coming end
for i = 3, #ARGV - 1, 3 do
  call('HSET', defs, arg(i), arg(i + 1))
  call('HSET', tables, arg(i), cmsgpack.pack(cjson.decode(arg(i + 2))))
end
call('EXPIRE', tables, 3600)
return {'ok'}
`;

/** [version]: from now on the staged roster holds, if nothing came up meanwhile that it does not know. */
export const flip = String.raw`
local coming = arg(1)
if tonumber(coming) <= tonumber(version) then return {'late', version} end
for _, cls in ipairs(call('HKEYS', K.cdef)) do
  if call('HEXISTS', P .. 'compat@' .. coming, cls) == 0 then return {'again'} end
end
local duty = call('HGETALL', K.duty)
for i = 1, #duty, 2 do
  if tonumber(duty[i + 1]) > 0 and call('HEXISTS', P .. 'pcls@' .. coming, duty[i]) == 0 then return {'again'} end
end
call('PERSIST', P .. 'compat@' .. coming)
call('PERSIST', P .. 'pcls@' .. coming)
call('UNLINK', P .. 'compat@' .. version, P .. 'pcls@' .. version)
version = coming
meta_keep()
emit('rules.changed', '', '')
return {'ok'}
`;

/** [version, class, definition as JSON, tiers as JSON, able profile, …]: a kind of contact seen for the first time. */
export const defineClass = String.raw`
if arg(1) ~= version then return {'stale', version} end
local cls = arg(2)
if call('HEXISTS', P .. 'compat@' .. version, cls) == 1 then return {'ok'} end
call('HSET', K.cdef, cls, arg(3))
call('HSET', P .. 'compat@' .. version, cls, cmsgpack.pack(cjson.decode(arg(4))))
for i = 5, #ARGV - 1 do
  local packed = call('HGET', P .. 'pcls@' .. version, arg(i))
  local classes = packed and cmsgpack.unpack(packed) or {}
  classes[#classes + 1] = cls
  call('HSET', P .. 'pcls@' .. version, arg(i), cmsgpack.pack(classes))
end
return {'ok'}
`;

/** [agent, profile, version]: an agent can do other things than before. */
export const reprofile = String.raw`
if arg(3) ~= version then return {'stale', version} end
local aid, p = arg(1), arg(2)
local a = agent_load(aid)
if not a or a.p == p then return {'nothing'} end
local st, open = a.st, a.open
close_parts(aid, a)
if st == 'ready' then list_remove('idle:', 'heads', a.p, a.at .. ' ' .. aid) end
call('ZREM', P .. 'on:' .. a.p, aid)
call('ZADD', P .. 'on:' .. p, ms, aid)
call('HINCRBY', K.duty, a.p, -1)
call('HINCRBY', K.duty, p, 1)
if AT_WORK[st] then call('HINCRBY', K.work, a.p, -1); call('HINCRBY', K.work, p, 1) end
a.p = p
call('HSET', K.agents, aid, agent_text(a))
-- Somebody may wait whom only the new skills serve; if not, the agent keeps how long they were idle.
if st == 'ready' then
  a.st = 'not-ready'; a.st0 = 'not-ready'
  call('HINCRBY', K.work, p, -1)
  serve(aid, a)
elseif open ~= '' or a.r ~= '' and a.next == '' and room(a) ~= '' then serve(aid, a) end
unwait(aid)
return {'ok'}
`;

/** [service, '1' open or '0' closed, …]: tells when one of them opened or closed. */
export const openState = String.raw`
local changed = false
for i = 1, #ARGV - 1, 2 do
  local was = call('HGET', K.open, arg(i))
  if was ~= arg(i + 1) then
    call('HSET', K.open, arg(i), arg(i + 1))
    if was then changed = true end
  end
end
if changed then emit('rules.changed', '', '') end
return {'ok'}
`;

/**
 * [run id of the server we talk to]. After a restart the last events may be lost although somebody read them: their
 * numbers are not used again, and every reader sees that it has to start over.
 */
export const noteRun = String.raw`
local was = call('GET', K.run)
if was == arg(1) then return {'same'} end
call('SET', K.run, arg(1))
if not was then return {'first'} end
local last = call('XREVRANGE', K.out, '+', '-', 'COUNT', 1)[1]
local last_number = last and tonumber(match(last[1], '-(%d+)$')) or 0
call('DEL', K.out)
call('XADD', K.out, epoch .. '-' .. string.format('%.0f', last_number + 1000000), 't', ms, 'repaired redis',
  'it was restarted and may have lost its last moments')
return {'another'}
`;

/**
 * Agents, contacts and reservations as they are kept: one line of text each, its fields between tabs ('' for none),
 * since reading and writing a whole hash costs several times as much. They are told as they are kept: what a reader
 * wants to know of them is put into words there, by `matchmaker/decode.ts`.
 *
 *   agents <id>   st p since idle r c acc, then for few: more next reason     (r c acc: the foremost contact in hand)
 *   c:<id>        st r ln, then its wishes: e cls ring rings sc start om pr bo pref b0 sv     or   over e
 *   r:<id>        c a e dl cls made how version heads ring overtook states
 *                 (never changes; gone when it is over, but for a while after it was rejected)
 *   dl            reservations that wait for an answer, by deadline
 *
 * `pref` is empty, or `until waited-for-until agent`. `more` is empty for who has one call in hand, or nothing; else
 * `channel;open;score;rest`: of the foremost its channel, then the channels there is room for still and the score under
 * which they are found, then the other contacts in hand, `r st channel acc c` each and ended by \x01.
 * How a reservation stands is written with its agent and nowhere else: so no agent is held beyond their capacity.
 */
export const records = String.raw`
local OVER_S, ENDED_S = '21600', '3600'

local function agent_read(text)
  local st, p, since, idle, r, c, acc, rest = match(text,
    '^(%S+)\t(%S*)\t(%d+)\t(%d*)\t(%S*)\t([^\t]*)\t(%d*)(.*)$')
  local a = {st = st, p = p, since = since, idle = idle, r = r, c = c, acc = acc, next = '', reason = '',
    ch = 'voice', open = '', also = '', at = idle, st0 = st, r0 = r}
  if rest ~= '' then
    local more
    more, a.next, a.reason = match(rest, '^\t([^\t]*)\t([^\t]*)\t(.*)$')
    if more ~= '' then a.ch, a.open, a.at, a.also = match(more, '^([^;]*);([^;]*);([^;]*);(.*)$') end
  end
  return a
end
local function agent_load(id)
  local text = call('HGET', K.agents, id)
  return text and agent_read(text) or nil
end
local function agent_text(a)
  local rest = ''
  if a.ch ~= 'voice' or a.open ~= '' or a.also ~= '' then
    rest = '\t' .. a.ch .. ';' .. a.open .. ';' .. a.at .. ';' .. a.also .. '\t' .. a.next .. '\t' .. a.reason
  elseif a.next ~= '' or a.reason ~= '' then rest = '\t\t' .. a.next .. '\t' .. a.reason end
  return a.st .. '\t' .. a.p .. '\t' .. a.since .. '\t' .. a.idle .. '\t' .. a.r .. '\t' .. a.c .. '\t' .. a.acc .. rest
end

-- Of several contacts in hand one is looked at, and stands in r, c, acc, ch and st; the others wait in 'also'.
local function put_by(a)
  if a.r ~= '' then
    a.also = a.also .. a.r .. ' ' .. a.st .. ' ' .. a.ch .. ' ' .. a.acc .. ' ' .. a.c .. '\1'
    a.r = ''
  end
end
local function bring(a, id)
  local at = find(a.also, id, 1, true)
  if not at then return false end
  local from, to, st, ch, acc, c = find(a.also, '^%S+ (%S+) (%S+) (%S*) ([^\1]*)\1', at)
  a.also = sub(a.also, 1, from - 1) .. sub(a.also, to + 1)
  put_by(a)
  a.r, a.st, a.ch, a.acc, a.c = id, st, ch, acc, c
  return true
end
local FOREMOST = {reserved = 3, busy = 2, ['working-after-call'] = 1}
-- The foremost is an offer, else one that is talked to, else the latest.
local function bring_foremost(a)
  if a.also == '' then return end
  local best, rank = a.r, FOREMOST[a.r ~= '' and a.st or ''] or 0
  for id, st in string.gmatch(a.also, '(%S+) (%S+) [^\1]*\1') do
    local theirs = FOREMOST[st]
    if theirs > rank or (theirs == rank and id > best) then best, rank = id, theirs end
  end
  if best ~= a.r then bring(a, best) end
end
-- All that are in hand, the foremost first.
local function in_hand(a)
  local ids = a.r ~= '' and {a.r} or {}
  for id in string.gmatch(a.also, '(%S+) [^\1]*\1') do ids[#ids + 1] = id end
  return ids
end

local STANDS = {reserved = 'pending', busy = 'accepted', ['working-after-call'] = 'wrapping'}

-- With the agent who holds it, if one does.
local function reservation_load(id)
  local text = id ~= '' and call('GET', P .. 'r:' .. id)
  if not text then return nil end
  local c, aid, e, dl, cls, made = match(text, '^([^\t]*)\t([^\t]*)\t(%d+)\t(%d+)\t(%S+)\t(%d+)')
  local a = agent_load(aid)
  if a and a.r ~= id and not (a.also ~= '' and bring(a, id)) then a = nil end
  return {id = id, st = a and STANDS[a.st] or 'rejected', c = c, a = aid, e = e, dl = dl, cls = cls, made = made, text = text,
    agent = a}
end
local function is_taken(r) return r.st == 'accepted' or r.st == 'wrapping' end
local function answer(word, r) return {word, r.id, r.st, r.text} end
`;

/** Contacts, apart: who answers an offer does not need them. */
export const contacts = String.raw`
-- What is written of a contact when it asks, and again only where what it asks for widened.
local WISHES = '((%S+)\t(%S+)\t(%S+)\t([^\t]*)\t(%S+)\t(%S+)\t(%S+)\t(%S+)\t(%S+)\t([^\t]*)\t(.*))$'
local ANEW, KEPT = '^' .. WISHES, '^(%a+)\t(%S*)\t([^\t]*)\t' .. WISHES

local function contact_of(st, r, ln, wishes, e, cls, ring, rings, sc, start, om, pr, bo, pref, asked)
  return {st = st, r = r, ln = ln, wishes = wishes, e = e, cls = cls, ring = ring, rings = rings, sc = sc, start = start,
    om = om, pr = pr, bo = bo, pref = pref, asked = asked, tiers = nil}
end
local function contact_new(wishes) return contact_of('', '', '', match(wishes, ANEW)) end
local function contact_load(id)
  local text = call('GET', P .. 'c:' .. id)
  if not text then return nil end
  local e = match(text, '^over\t(.*)$')
  if e then return {st = 'over', e = e, r = ''} end
  return contact_of(match(text, KEPT))
end
local function wishes_changed(c)
  c.wishes = c.e .. '\t' .. c.cls .. '\t' .. c.ring .. '\t' .. c.rings .. '\t' .. c.sc .. '\t' .. c.start .. '\t' .. c.om
    .. '\t' .. c.pr .. '\t' .. c.bo .. '\t' .. c.pref .. '\t' .. c.asked
end
local function contact_text(c) return c.st .. '\t' .. c.r .. '\t' .. c.ln .. '\t' .. c.wishes end
-- A contact that is over is remembered for a while, so that a repeated entry is known as such.
local function contact_over(id, e) call('SET', P .. 'c:' .. id, 'over\t' .. e, 'EX', OVER_S) end

local function contact_event(kind, id, c)
  emit(kind, id, c.ring and c.ring ~= '0' and c.e .. ' ' .. c.ring or c.e)
end
-- The contact, while this reservation and no later one is its own.
local function held_by(rid, r)
  local c = contact_load(r.c)
  if c and c.st == 'held' and c.r == rid then return c end
end

local function end_reservation(rid, r, st)
  if r.st == 'pending' then call('ZREM', K.dl, rid) end
  r.st = st
  if st == 'rejected' then call('EXPIRE', P .. 'r:' .. rid, ENDED_S) else call('DEL', P .. 'r:' .. rid) end
  emit('reservation.' .. st, rid, r.text)
end

local function line_add(id, c)
  list_add('wait:', 'wheads', c.ln, id, c.sc)
  call('ZADD', K.starts, c.start, id)
end
local function line_remove(id, c)
  list_remove('wait:', 'wheads', c.ln, c.sc .. ' ' .. id)
  call('ZREM', K.starts, id)
  local personal = find(c.ln, '@', 1, true) == 1
  if personal then call('ZREM', K.pstarts, id) end
  if personal or c.rings ~= '' then call('ZREM', K.widen, id) end
end

-- Due times stand in one list, or in that of their service, where they count as booked.
local function due_lists()
  local lists = {K.due}
  for _, service in ipairs(call('SMEMBERS', K.services)) do lists[#lists + 1] = P .. 'booked:' .. service end
  return lists
end
local function due_at(id)
  for _, list in ipairs(due_lists()) do
    local at = call('ZSCORE', list, id)
    if at then return tonumber(at) end
  end
end

-- A contact's due time no longer holds: it came, or it was taken back.
local function forget_due(id)
  for _, list in ipairs(due_lists()) do
    if call('ZREM', list, id) == 1 then
      if call('ZREM', K.later, id) == 1 then call('HINCRBY', K.meta, 'later', -1) end
      return
    end
  end
end
`;

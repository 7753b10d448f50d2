/**
 * Agents, contacts and reservations as they are kept: one text each, every field of it ended by \0 ('' for none), since
 * reading and writing a whole hash costs several times as much, and so does looking for patterns. They are told as they
 * are kept: what a reader wants to know of them is put into words there, by `matchmaker/decode.ts`.
 *
 *   agents <id>   st p since idle r c acc ch next reason open at also     (r c acc ch: the foremost contact in hand)
 *   c:<id>        st r ln, then its wishes: e cls ring rings sc start om pr bo pref asked     or   over '' '' e
 *   r:<id>        c a e dl cls made how version heads ring overtook states
 *                 (never changes; gone when it is over, but for a while after it was rejected)
 *   dl            reservations that wait for an answer, by deadline
 *
 * `pref` is `until waited-for-until agent`, or empty; `asked` is class and service. `open` holds the channels there is
 * room for beside what an agent has in hand, `at` the score under which they are found, `also` the other contacts in
 * hand, `r st channel acc c` each and ended by \x01.
 * How a reservation stands is written with its agent and nowhere else: so no agent is held beyond their capacity.
 */
export const records = String.raw`
local OVER_S, ENDED_S = '21600', '3600'

local function agent_read(text)
  local st, p, since, idle, r, c, acc, ch, next_wish, reason, open, at, also = fields('sssssssssssss', text)
  return {st = st, p = p, since = since, idle = idle, r = r, c = c, acc = acc, ch = ch, next = next_wish, reason = reason,
    open = open, at = at, also = also, st0 = st, r0 = r}
end
local function agent_off(p, since) return agent_read('logged-off\0' .. p .. '\0' .. since .. '\0\0\0\0\0voice\0\0\0\0\0\0') end
local function agent_load(id)
  local text = call('HGET', K.agents, id)
  return text and agent_read(text) or nil
end
local function agent_text(a)
  return a.st .. '\0' .. a.p .. '\0' .. a.since .. '\0' .. a.idle .. '\0' .. a.r .. '\0' .. a.c .. '\0' .. a.acc .. '\0'
    .. a.ch .. '\0' .. a.next .. '\0' .. a.reason .. '\0' .. a.open .. '\0' .. a.at .. '\0' .. a.also .. '\0'
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
local function reservation_read(id, text)
  if not text then return nil end
  local c, aid, e, dl, cls, made = fields('ssssss', text)
  local a = agent_load(aid)
  if a and a.r ~= id and not (a.also ~= '' and bring(a, id)) then a = nil end
  return {id = id, st = a and STANDS[a.st] or 'rejected', c = c, a = aid, e = e, dl = dl, cls = cls, made = made, text = text,
    agent = a}
end
local function reservation_load(id) return id ~= '' and reservation_read(id, call('GET', P .. 'r:' .. id)) or nil end
local function is_taken(r) return r.st == 'accepted' or r.st == 'wrapping' end
local function answer(word, r) return {word, r.id, r.st, r.text} end
`;

/** Contacts, apart: who answers an offer does not need them. */
export const contacts = String.raw`
local function contact_of(st, r, ln, wishes, e, cls, ring, rings, sc, start, om, pr, bo, pref, asked)
  return {st = st, r = r, ln = ln, wishes = wishes, e = e, cls = cls, ring = ring, rings = rings, sc = sc, start = start,
    om = om, pr = pr, bo = bo, pref = pref, asked = asked, tiers = nil}
end
-- What a contact wishes is written when it asks, and again only where that widened.
local WISHES = 'sssssssssss'
local function contact_new(wishes) return contact_of('', '', '', wishes, fields(WISHES, wishes)) end
local function contact_read(text)
  if not text then return nil end
  local st, r, ln, at = fields('sss', text)
  if st == 'over' then return {st = st, r = r, e = fields('s', text, at)} end
  return contact_of(st, r, ln, sub(text, at), fields(WISHES, text, at))
end
local function contact_load(id) return contact_read(call('GET', P .. 'c:' .. id)) end
local function wishes_changed(c)
  c.wishes = c.e .. '\0' .. c.cls .. '\0' .. c.ring .. '\0' .. c.rings .. '\0' .. c.sc .. '\0' .. c.start .. '\0' .. c.om
    .. '\0' .. c.pr .. '\0' .. c.bo .. '\0' .. c.pref .. '\0' .. c.asked .. '\0'
end
local function contact_text(c) return c.st .. '\0' .. c.r .. '\0' .. c.ln .. '\0' .. c.wishes end
-- A contact that is over is remembered for a while, so that a repeated entry is known as such.
local function over_text(e) return 'over\0\0\0' .. e .. '\0' end
local function contact_over(id, e) call('SET', P .. 'c:' .. id, over_text(e), 'EX', OVER_S) end

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

-- A contact's due time no longer holds: it came, or it was taken back. Gives which it was.
local function forget_due(id)
  for _, list in ipairs(due_lists()) do
    local at = call('ZSCORE', list, id)
    if at then
      call('ZREM', list, id)
      if call('ZREM', K.later, id) == 1 then
        snoozing = num(tonumber(snoozing) - 1)
        meta_keep()
      end
      return at
    end
  end
end
`;

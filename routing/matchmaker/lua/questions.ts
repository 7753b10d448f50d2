/** What routing is asked: scripts that only read, each one consistent look. */

/** [cid, or empty with class and score of one who does not wait yet, and what it may come to: class, …]. */
export const standing = String.raw`
for i = 4, #ARGV - 1 do
  if call('HEXISTS', P .. 'compat@' .. version, arg(i)) == 0 then return {'unknown-class', arg(i)} end
end
return standing_of(arg(1), arg(2), arg(3))
`;

/** One who waits, as it is read by `routing/snapshots.ts`. */
const row = String.raw`
local function waiting_row(id, c) return {id, c.ln, c.wishes} end
`;

/** Some of a line, `most` from a score on after `skip` with that very score, put to `waiting`; and where the rest begins. */
const lines = String.raw`
local function waiting_in(line, score, skip, most, waiting)
  local found = call('ZRANGE', P .. 'wait:' .. line, score, '+inf', 'BYSCORE', 'LIMIT', skip, most, 'WITHSCORES')
  for i = 1, #found, 2 do
    local id = id_of(found[i])
    local c = contact_load(id)
    if c and c.st == 'waiting' then waiting[#waiting + 1] = waiting_row(id, c) end
    if found[i + 1] == score then skip = skip + 1 else score, skip = found[i + 1], 1 end
  end
  if #found == 2 * most then return {line, score, tostring(skip)} end
end
`;

/** [line, score, how many with that score are read already, how many to read] More of a line that `snapshot` left. */
export const more =
  row +
  lines +
  String.raw`
local waiting = {}
local rest = waiting_in(arg(1), arg(2), tonumber(arg(3)), tonumber(arg(4)), waiting)
return {'ok', waiting, rest or {}}
`;

/** [cursor, how many keys to look at] A part of all who wait: whoever waits throughout is told in some part, or twice. */
export const some =
  row +
  String.raw`
local found, waiting = call('SCAN', arg(1), 'MATCH', P .. 'c:*', 'COUNT', arg(2)), {}
for _, key in ipairs(found[2]) do
  local id = sub(key, #P + 3)
  local c = contact_load(id)
  if c and c.st == 'waiting' then waiting[#waiting + 1] = waiting_row(id, c) end
end
return {'ok', found[1], waiting}
`;

/** [how many at most of those who wait] Everything at one moment; of longer lines the beginning, and where the rest begins. */
export const snapshot =
  row +
  lines +
  String.raw`
local last = call('XREVRANGE', K.out, '+', '-', 'COUNT', 1)
local waiting, rest, most = {}, {}, tonumber(arg(1))
for _, line in ipairs(call('HKEYS', K.wheads)) do
  rest[#rest + 1] = waiting_in(line, '-inf', 0, math.max(0, most - #waiting), waiting)
end
local due = {}
for _, list in ipairs(due_lists()) do
  for _, it in ipairs(call('ZRANGE', list, 0, -1, 'WITHSCORES')) do due[#due + 1] = it end
end
local reservations, agents = {}, call('HGETALL', K.agents)
for i = 2, #agents, 2 do
  for _, rid in ipairs(in_hand(agent_read(agents[i]))) do
    local r = reservation_load(rid)
    if r then reservations[#reservations + 1] = {rid, r.st, r.text} end
  end
end
return {'ok', last[1] and last[1][1] or '', ms, waiting, due,
  reservations, agents, call('HGETALL', K.work), call('HGETALL', K.duty), call('HGETALL', K.overtaken), rest}
`;

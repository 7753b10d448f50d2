/**
 * What a centre learns for its forecasts, counted where it happens and once: read by `domain/estimate/experience.ts`.
 *
 *   law:<class>, law:*   bin -> how many contacts took their agent that long; `*` also lapses away cancels waited (ms)
 *   came:<ten minutes>   'class urgency head-start minutes' -> how many came who may go before others
 *   calibration          p10, p90 -> by how much the bounds of forecasts are moved
 */
export const learning = String.raw`
-- Counts fade: all of a law is halved when one bin is full.
local function tally_law(name, bin)
  local key = P .. 'law:' .. name
  if call('HINCRBY', key, bin, '1') < 256 then return end
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do call('HSET', key, all[i], num(floor(tonumber(all[i + 1]) / 2))) end
end

local function tally(what, n) call('HINCRBY', P .. 'law:*', what, num(floor(n))) end

-- How long an agent was taken by a contact of this kind, from the offer on.
local function learn(cls, took)
  local bin = tostring(min(55, floor(4 * log(max(took, 1000) / 1000) / log(2))))
  tally_law(cls, bin)
  tally_law('*', bin)
end

-- How long somebody stood in line. Who enters again waited elsewhere in between, and is left out.
local function tally_waited(c)
  if c.e == '1' then tally('waited', max(0, now - tonumber(c.start))) end
end

-- Who is urgent, or began to wait earlier and is back. One that enters for the first time long after its start was
-- entered again after a loss of Redis, and says nothing of those to come.
local function learn_coming(c)
  local score = tonumber(c.sc)
  local urgency = floor(score / 4398046511104)
  local head = min(1440, max(0, floor((now - score % 4398046511104) / 60000)))
  if head == 0 and urgency == 127 or c.e == '1' and now - tonumber(c.start) >= 60000 then return end
  local key = P .. 'came:' .. num(floor(now / 600000))
  if call('HINCRBY', key, c.cls .. ' ' .. num(urgency) .. ' ' .. num(head), 1) == 1 then call('EXPIRE', key, 1300) end
end
`;

/** [class, …]: what was counted of these and of all, and in the last two spans of ten minutes. */
export const experience = String.raw`
local laws = {}
for i = 1, #ARGV - 1 do laws[i] = call('HGETALL', P .. 'law:' .. arg(i)) end
local span = floor(now / 600000)
return {'ok', ms, laws, call('HGETALL', P .. 'came:' .. num(span)), call('HGETALL', P .. 'came:' .. num(span - 1)),
  call('HGETALL', K.calibration)}
`;

/** [added to the lower bound, to the upper one, most]: an outcome corrects the forecasts to come. */
export const calibrate = String.raw`
local most = tonumber(arg(3))
for i, bound in ipairs({'p10', 'p90'}) do
  local moved = tonumber(call('HGET', K.calibration, bound) or '0') + tonumber(arg(i))
  call('HSET', K.calibration, bound, string.format('%.6f', max(-most, min(most, moved))))
end
return {'ok'}
`;

/**
 * [most agents, most contacts, most whose record is read]: what a forecast starts from. Of very many agents some are
 * looked at, each for several; of a long line its beginning is told, each line of it by its share and cut where the first
 * of them was. The rings to come and the wait for one agent are told of those who have any, with how manieth they are:
 * nobody else's record is read, and where very many have some, the beginning told is shorter.
 */
export const situation = String.raw`
-- Of these the next change by time alone is due sometime.
local function changing_in(found)
  local ids, keys, places, told = {}, {}, {}, {}
  for i = 1, #found, 2 do ids[#ids + 1] = id_of(found[i]) end
  local due = #ids > 0 and call('ZMSCORE', K.widen, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    if due[i] then keys[#keys + 1] = P .. 'c:' .. id; places[#keys] = tostring(i) end
  end
  for i, text in ipairs(#keys > 0 and call('MGET', unpack(keys)) or {}) do
    if text then
      local _, _, _, _, _, _, rings = fields('sssssss', text)
      told[#told + 1] = places[i]; told[#told + 1] = rings; told[#told + 1] = ''
    end
  end
  return told
end

local names, waited = call('HKEYS', K.wheads), {}
for _, line in ipairs(names) do
  local aid = waited_for(line)
  if aid then waited[aid] = true end
end
local changing = call('ZCARD', K.widen)
local longest = tonumber(changing > tonumber(arg(3)) and arg(3) or arg(2))
local most = tonumber(arg(1))
local step = max(1, math.ceil(call('HLEN', K.agents) / most))
local some = step == 1 and call('HGETALL', K.agents) or call('HRANDFIELD', K.agents, most, 'WITHVALUES')
local held = {}
for i = 2, #some, 2 do
  local a = agent_read(some[i])
  local told = a.p
  for _, rid in ipairs(in_hand(a)) do
    local text = call('GET', P .. 'r:' .. rid)
    if text then
      local _, _, _, _, cls, made = fields('ssssss', text)
      told = told .. ' ' .. cls .. ' ' .. made
    end
  end
  if told ~= a.p then
    local alone = waited[some[i - 1]] and some[i - 1] or ''
    local wish = a.next ~= '' and cjson.decode(a.next).state or ''
    held[#held + 1] = (alone ~= '' or wish ~= '') and told .. '\0' .. alone .. '\0' .. wish or told
  end
end
local idle = {}
for _, p in ipairs(call('HKEYS', K.heads)) do
  idle[#idle + 1] = p; idle[#idle + 1] = num(call('ZCARD', P .. 'idle:' .. p))
end
local counts, total = {}, 0
for i, line in ipairs(names) do counts[i] = call('ZCARD', P .. 'wait:' .. line); total = total + counts[i] end
local lines = {}
for i, line in ipairs(names) do
  local n = counts[i]
  if total > longest then n = min(n, math.ceil(n / total * longest) + 10) end
  local found = call('ZRANGE', P .. 'wait:' .. line, 0, n - 1, 'WITHSCORES')
  local cut, cls = n < counts[i] and found[#found] or '', match(line, '^([^@+]+)')
  if cls then
    local scores = {}
    for j = 2, #found, 2 do scores[j / 2] = found[j] end
    lines[#lines + 1] = {cls, cut, scores, changing > 0 and changing_in(found) or {}}
  else
    -- Who waits for one agent alone is told by the kind of contact it is.
    for j = 1, #found, 2 do
      local c = contact_load(id_of(found[j]))
      if c and c.cls then lines[#lines + 1] = {c.cls, cut, {found[j + 1]}, {'1', c.rings, c.pref}} end
    end
  end
end
return {'ok', ms, num(step), held, idle, lines}
`;

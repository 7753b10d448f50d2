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
  if call('HINCRBY', key, bin, 1) < 256 then return end
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do call('HSET', key, all[i], num(math.floor(tonumber(all[i + 1]) / 2))) end
end

local function tally(what, n) call('HINCRBY', P .. 'law:*', what, num(math.floor(n))) end

-- How long an agent was taken by a contact of this kind, from the offer on.
local function learn(cls, took)
  local bin = math.min(55, math.floor(4 * math.log(math.max(took, 1000) / 1000) / math.log(2)))
  tally_law(cls, num(bin))
  tally_law('*', num(bin))
end

-- Who is urgent, or began to wait earlier and is back. One that enters for the first time with a head start was
-- entered again after a loss of Redis, and says nothing of those to come.
local function learn_coming(cls, score, entry)
  score = tonumber(score)
  local urgency = math.floor(score / 4398046511104)
  local head = math.min(1440, math.max(0, math.floor((now - score % 4398046511104) / 60000)))
  if head == 0 and urgency == 127 or head > 0 and entry == 1 then return end
  local key = P .. 'came:' .. num(math.floor(now / 600000))
  if call('HINCRBY', key, cls .. ' ' .. num(urgency) .. ' ' .. num(head), 1) == 1 then call('EXPIRE', key, 1300) end
end
`;

/** [class, …]: what was counted of these and of all, and in the last two spans of ten minutes. */
export const experience = String.raw`
local laws = {}
for i = 1, #ARGV - 1 do laws[i] = call('HGETALL', P .. 'law:' .. arg(i)) end
local span = math.floor(now / 600000)
return {'ok', num(now), laws, call('HGETALL', P .. 'came:' .. num(span)), call('HGETALL', P .. 'came:' .. num(span - 1)),
  call('HGETALL', P .. 'calibration')}
`;

/** [added to the lower bound, to the upper one, most]: an outcome corrects the forecasts to come. */
export const calibrate = String.raw`
local most = tonumber(arg(3))
for i, bound in ipairs({'p10', 'p90'}) do
  local moved = tonumber(call('HGET', P .. 'calibration', bound) or '0') + tonumber(arg(i))
  call('HSET', P .. 'calibration', bound, string.format('%.6f', math.max(-most, math.min(most, moved))))
end
return {'ok'}
`;

/**
 * [most agents, most contacts]: what a forecast starts from. Of very many agents every so-and-so-manieth is told; of a
 * long line its beginning, each class by its share and cut where the first of them was.
 */
export const situation = String.raw`
local live = call('ZRANGE', P .. 'live', 0, -1, 'WITHSCORES')
local step = math.max(1, math.ceil(#live / 2 / tonumber(arg(1))))
local held = {}
for i = 1, #live, 2 * step do
  local r = call('HMGET', P .. 'r:' .. live[i], 'p', 'cls')
  if r[1] then held[#held + 1] = r[1] .. ' ' .. r[2] .. ' ' .. live[i + 1] end
end
local idle = {}
for _, p in ipairs(call('HKEYS', P .. 'heads')) do
  idle[#idle + 1] = p; idle[#idle + 1] = num(call('ZCARD', P .. 'idle:' .. p))
end
local classes = call('HKEYS', P .. 'wheads')
local counts, total = {}, 0
for i, cls in ipairs(classes) do counts[i] = call('ZCARD', P .. 'wait:' .. cls); total = total + counts[i] end
local lines = {}
for i, cls in ipairs(classes) do
  local some = counts[i]
  if total > tonumber(arg(2)) then some = math.min(some, math.ceil(some / total * tonumber(arg(2))) + 10) end
  local found = call('ZRANGE', P .. 'wait:' .. cls, 0, some - 1, 'WITHSCORES')
  local scores = {}
  for j = 2, #found, 2 do scores[j / 2] = found[j] end
  lines[i] = {cls, some < counts[i] and '1' or '0', scores}
end
return {'ok', num(now), num(step), held, idle, lines}
`;

/** Who was overtaken, and why that is right: counted when somebody is served who started later. */
export const fairness = String.raw`
local BAND, TOP = 4398046511104, 127
local function band(priority) return (TOP - min(TOP, priority)) * BAND end

-- Of each kind of table what it says, read once; a text never changes its meaning, and the oldest are forgotten.
local unpacked, count = {}, 0
local function unpack_once(packed)
  local known = unpacked[packed]
  if known then return known end
  if count == 5000 then unpacked, count = {}, 0 end
  known = cmsgpack.unpack(packed)
  unpacked[packed], count = known, count + 1
  return known
end

-- The lines of the classes an agent serves, and of these by boost: of channels there is room for, or of the others.
local function class_lines(a, open, blocked)
  local packed = call('HGET', P .. 'pcls@' .. version, a.p)
  local lines = {}
  for _, line in ipairs(packed and unpack_once(packed) or {}) do
    local fits = not open or find(open, channel_of(line), 1, true) ~= nil
    if fits ~= blocked then lines[#lines + 1] = line end
  end
  local plain = #lines
  for _, boost in ipairs(plain > 0 and call('SMEMBERS', K.boosts) or {}) do
    for i = 1, plain do lines[#lines + 1] = lines[i] .. '+' .. boost end
  end
  return lines
end

-- The lines an agent may serve now: of their classes, of these by boost, and of those who wait for this agent alone.
local function lines_of(aid, a)
  local open = a.r ~= '' and room(a)
  local lines = class_lines(a, open, false)
  for _, ch in ipairs(CHANNELS) do
    if not open or find(open, ch, 1, true) then lines[#lines + 1] = personal(aid, ch) end
  end
  return lines
end

-- Which priorities there may be among those who wait.
local function levels_known()
  local levels = call('SMEMBERS', K.levels)
  levels[#levels + 1] = '0'
  return levels
end
local function boost_of(line) return tonumber(match(line, '%+(%d+)$') or '0') end

-- How many started before, whom the agent could serve, had they room beside what they have in hand.
local function without_room(a, start)
  local lines = class_lines(a, room(a), true)
  if #lines == 0 then return 0 end
  local heads = call('HMGET', K.wheads, unpack(lines))
  local count, levels = 0, nil
  for i, line in ipairs(lines) do
    if heads[i] then
      levels = levels or levels_known()
      local boost = boost_of(line)
      for _, level in ipairs(boost > 0 and {'0'} or levels) do
        local from = band(tonumber(level))
        count = count + call('ZCOUNT', P .. 'wait:' .. line, num(from), '(' .. num(from + start - boost))
      end
    end
  end
  return count
end

-- What is not explained by anything else is there to be seen: it is none, or a fault.
local function overtaken(c, how, lines, heads, aid, a)
  local all = call('ZCOUNT', K.starts, '-inf', '(' .. c.start)
  -- Only where somebody snoozes these are looked at.
  local snooze = snoozing ~= '0' and call('ZCOUNT', K.later, '-inf', '(' .. c.start) or 0
  all = all + snooze
  if all == 0 then return '' end
  local n = {}
  if how == 'claimed' then n.claimed = all
  else
    if not lines then
      lines = lines_of(aid, a)
      heads = call('HMGET', K.wheads, unpack(lines))
    end
    n.preferred = call('ZCOUNT', K.pstarts, '-inf', '(' .. c.start)
    n.snooze = snooze
    n.priority, n.unexplained = 0, 0
    local mine, start, boost = tonumber(c.sc), tonumber(c.start), tonumber(c.bo)
    local priority = boost > 0 and 0 or tonumber(c.pr)
    local levels = (priority > 0 or boost > 0) and levels_known()
    for i, line in ipairs(lines) do
      if heads[i] and find(line, '@', 1, true) ~= 1 then
        if heads[i] < c.sc then
          n.unexplained = n.unexplained + call('ZCOUNT', P .. 'wait:' .. line, '-inf', '(' .. c.sc)
        end
        if levels then
          local theirs = boost_of(line)
          for _, level in ipairs(levels) do
            local l = tonumber(level)
            if l < priority or (l == priority and theirs < boost) then
              local from, to = max(mine, band(l)), band(l) + start - theirs
              if to > from then
                n.priority = n.priority + call('ZCOUNT', P .. 'wait:' .. line, num(from), '(' .. num(to))
              end
            end
          end
        end
      end
    end
    local others = max(0, all - n.preferred - n.snooze - n.priority - n.unexplained)
    -- Who has nothing in hand has room for all they can serve.
    n.capacity = others > 0 and a.r ~= '' and min(others, without_room(a, start)) or 0
    n.qualification = others - n.capacity
  end
  local list = {}
  for reason, count in pairs(n) do
    if count > 0 then
      list[#list + 1] = reason .. ' ' .. count
      call('HINCRBY', K.overtaken, reason, count)
    end
  end
  return join(list, ' ')
end
`;

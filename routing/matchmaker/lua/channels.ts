import { CHANNELS, USUAL_WRITTEN } from '../../domain/channels.ts';

/**
 * How much an agent may have in hand at once: read from the name of their profile where it is not the usual. Who has
 * nothing in hand stands in one list for all channels; who has, in one for each channel there is room for:
 *
 *   idle:<profile>/<channel>   by how many in hand, then idle since (`idleScore` in `domain/channels.ts`)
 *   parts                      profile/channel → head
 */
export const channels = String.raw`
local CHANNELS = {${CHANNELS.map((it) => `'${it}'`).join(', ')}}

-- Worked out once for each text, since texts never change their meaning.
local capacities, rooms = {}, {}
local function capacity(text)
  local known = capacities[text]
  if known then return known end
  known = {}
  for channel, most, blocks in string.gmatch(text, '(%a+):(%d+):([%a+]*)') do
    known[#known + 1] = {name = channel, most = tonumber(most), blocks = '+' .. blocks .. '+'}
  end
  capacities[text] = known
  return known
end

-- A class says its channel in its name; voice is not said.
local function channel_of(cls) return find(cls, '~', 1, true) and match(cls, '~(.+)$') or 'voice' end

-- The line of those who wait for one agent.
local function personal(aid, ch) return ch == 'voice' and '@' .. aid or '@' .. aid .. '/' .. ch end
-- Whose it is, if it is one.
local function waited_for(line) return match(line, '^@([^/]+)') end

-- The channels there is room for beside what an agent has in hand: nothing while an offer is open.
local function room(a)
  if a.st == 'reserved' then return '' end
  local hand = a.ch
  if a.also ~= '' then
    for ch in string.gmatch(a.also, '%S+ %S+ (%S+) [^\1]*\1') do hand = hand .. '+' .. ch end
  end
  -- By channels in hand for the usual capacity, by these and the capacity for any other.
  local written, key = '${USUAL_WRITTEN}', hand
  if find(a.p, '~', 1, true) then
    written = match(a.p, '~(.+)$')
    key = written .. hand
  end
  local known = rooms[key]
  if known then return known end
  local mine, open = capacity(written), {}
  for _, it in ipairs(mine) do
    local n, blocked = 0, false
    for held in string.gmatch(hand, '%a+') do
      if held == it.name then n = n + 1 end
      for _, other in ipairs(mine) do
        if other.name == held and find(other.blocks, '+' .. it.name .. '+', 1, true) then blocked = true end
      end
    end
    if n < it.most and not blocked then open[#open + 1] = it.name end
  end
  known = table.concat(open, ' ')
  rooms[key] = known
  return known
end

local function is_open(a, ch) return a.st == 'ready' or find(a.open, ch, 1, true) end

-- Where an agent stands among the idle.
local function idle_score(a)
  if a.r == '' then return a.idle end
  return num(4e15 + #in_hand(a) * 8796093022208 + floor(tonumber(a.idle) / 1000))
end

-- No longer, or again, to be found as one who has contacts in hand and room for more.
local function close_parts(id, a)
  for ch in string.gmatch(a.open, '%a+') do list_remove('idle:', 'parts', a.p .. '/' .. ch, a.at .. ' ' .. id) end
  a.open = ''
end
local function open_parts(id, a, open)
  if a.idle == '' then a.idle = stamp end
  a.at = idle_score(a)
  for ch in string.gmatch(open, '%a+') do list_add('idle:', 'parts', a.p .. '/' .. ch, id, a.at) end
  a.open = open
end
`;

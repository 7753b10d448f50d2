import type { Redis } from 'ioredis';
import { atOnce, cpuOf } from './parts.ts';

const LIBRARY = 'bench_least';
const AGENTS = 100;

/**
 * The three steps of a cycle with what a reservation needs and no decision: the time of Redis, the epoch, the heads of five lists, one
 * record each of an agent and a contact, the fence, the deadline, the next head, a law and one entry of the outbox, in as few commands
 * as Redis has for it, with texts as long as ours. Nothing is checked: nobody waits, is late, repeats a request or has a second contact.
 */
const CODE = String.raw`#!lua name=${LIBRARY}
local call, fields, sub, clock, ms, now
local ONE, OUT, DEADLINES, IDLE = '{least}:one', '{least}:out', '{least}:dl', '{least}:idle'
local function begin()
  if not call then call, fields, sub = redis.call, struct.unpack, string.sub end
  local t = call('TIME')
  clock = t[1] .. sub('000000' .. t[2], -6)
  ms = sub(clock, 1, -4)
  now = tonumber(ms)
end
local function agent(st, r, c, acc, idle)
  return st .. '\0profile\0' .. ms .. '\0' .. idle .. '\0' .. r .. '\0' .. c .. '\0' .. acc .. '\0voice\0\0\0\0\0\0'
end
local function tell(epoch, happened, rid, text, aid, record)
  call('XADD', OUT, epoch .. '-*', 't', ms, happened .. rid, text, 'agent.state ' .. aid, record)
end

redis.register_function('${LIBRARY}_enter', function(keys, args)
  begin()
  local cid, wishes = args[1], args[2]
  local e, cls = fields('ss', wishes)
  local found = call('HMGET', ONE, 'epoch', 'version', 'fence', 'head', 'head2', 'head3', 'head4', 'head5')
  local epoch, head = found[1], found[4]
  local aid = sub(head, 18)
  fields('sssssssssssss', call('HGET', ONE, aid))
  local rid, deadline = 'r' .. epoch .. '-' .. clock, string.format('%.0f', now + 20000)
  local text = cid .. '\0' .. aid .. '\0' .. e .. '\0' .. deadline .. '\0' .. cls .. '\0' .. ms .. '\0idle\0' .. found[2]
    .. '\0profile\1' .. head .. '\0000\0\0\0'
  call('SET', '{least}:c:' .. cid, 'held\0' .. rid .. '\0\0' .. wishes, 'NX', 'GET')
  call('SET', '{least}:r:' .. rid, text)
  call('ZADD', DEADLINES, deadline, rid)
  call('ZREM', IDLE, head)
  local record = agent('reserved', rid, cid, '', '')
  call('HSET', ONE, 'fence', clock, aid, record, 'head', call('ZRANGE', IDLE, '0', '0')[1])
  tell(epoch, 'reservation.created ', rid, text, aid, record)
  return {rid, aid, text}
end)

redis.register_function('${LIBRARY}_accept', function(keys, args)
  begin()
  local rid, aid = args[1], args[2]
  local found = call('HMGET', ONE, 'epoch', aid)
  local text = call('GET', '{least}:r:' .. rid)
  local _, _, _, _, _, c = fields('ssssss', found[2])
  call('ZREM', DEADLINES, rid)
  local record = agent('busy', rid, c, ms, '')
  call('HSET', ONE, aid, record)
  tell(found[1], 'reservation.accepted ', rid, text, aid, record)
  return {rid, text}
end)

redis.register_function('${LIBRARY}_complete', function(keys, args)
  begin()
  local rid, aid = args[1], args[2]
  local found = call('HMGET', ONE, 'epoch', aid, 'head')
  local text = call('GETDEL', '{least}:r:' .. rid)
  local _, _, _, _, _, c = fields('ssssss', found[2])
  call('HINCRBY', '{least}:law', '31', '1')
  call('SET', '{least}:c:' .. c, 'over\0\0\0001\0', 'EX', '21600', 'GET')
  local entry = clock .. ' ' .. aid
  call('ZADD', IDLE, clock, entry)
  local record = agent('ready', '', '', '', clock)
  call('HSET', ONE, aid, record)
  tell(found[1], 'reservation.completed ', rid, text, aid, record)
  return {rid}
end)

redis.register_function('${LIBRARY}_open', function(keys, args)
  begin()
  call('HSET', ONE, 'epoch', '1', 'version', '1', 'fence', '0')
  for i = 1, ${String(AGENTS)} do
    local since = string.format('%.0f', tonumber(clock) + i)
    local entry = since .. ' agent-' .. i
    call('HSET', ONE, 'agent-' .. i, agent('ready', '', '', '', since))
    call('ZADD', IDLE, since, entry)
    if i == 1 then call('HSET', ONE, 'head', entry) end
  end
end)
`;

const WISHES = [
  '1',
  'class',
  '0',
  '',
  '0558123456789012',
  '1800000000001',
  '20000',
  '0',
  '0',
  '',
  'class help',
  '',
].join('\0');

/** Redis CPU of such a step, in µs, by the same measure as ours. */
export async function least(redis: Redis): Promise<number> {
  await redis.function('LOAD', 'REPLACE', CODE);
  await step(redis, 'open');
  let asked = 0;
  const one = async () => {
    const contact = (asked += 1).toString(16).padStart(32, '0');
    const [reservation = '', agent = ''] = await step(redis, 'enter', contact, WISHES);
    await step(redis, 'accept', reservation, agent);
    await step(redis, 'complete', reservation, agent);
  };
  const cpu = await cpuOf(redis, 'fcall', () => atOnce(one));
  await redis.function('DELETE', LIBRARY);
  return cpu;
}

async function step(redis: Redis, name: string, ...args: readonly string[]): Promise<readonly string[]> {
  return ((await redis.fcall(`${LIBRARY}_${name}`, 0, ...args)) as string[] | null) ?? [];
}

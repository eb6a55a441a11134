-- What in the dirty set of a partition is to be looked at now; looking again is put off at once. [J6]
--
-- KEYS  1 dirty set
-- ARGV  1 ms after which to look (again), 2 how many at most
-- Reply {entity, …}. One that has neither meta nor stream is none of them, and noted no longer.
--
-- One script, so that of two nodes that look at the same time each entity falls to one. A note from
-- the future was written before the clock of Redis stepped back: it is looked at.
--
-- include: branch
-- include: dirty

local AHEAD_MS = 10000

local now = now_ms()
local most = tonumber(ARGV[2])
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', int(now - tonumber(ARGV[1])), 'LIMIT', 0, most)
if #due < most then
  local ahead = '(' .. int(now + AHEAD_MS)
  local more = redis.call('ZRANGEBYSCORE', KEYS[1], ahead, '+inf', 'LIMIT', 0, most - #due)
  for _, entity in ipairs(more) do due[#due + 1] = entity end
end
local partition = string.sub(KEYS[1], 1, -2)
local there = {}
for _, entity in ipairs(due) do
  -- The next entry of a log that is gone notes it again: until then nothing can be done about it.
  if redis.call('EXISTS', partition .. 'm:' .. entity, partition .. 'l:' .. entity) == 0 then
    redis.call('ZREM', KEYS[1], entity)
  else
    redis.call('ZADD', KEYS[1], 'XX', int(now), entity)
    there[#there + 1] = entity
  end
end
return there

-- The dirty set of a partition: the entities whose streams hold entries, and when each was last
-- looked at, or became dirty, in ms of Redis' own clock. [J1]

local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- The key of an entity stands in that of its meta, behind the hash tag and `m:`.
local function entity_of(meta)
  return string.match(meta, '^[^}]*}:m:(.+)$')
end

local function note_clean(dirty, meta)
  redis.call('ZREM', dirty, entity_of(meta))
end

-- Gives a worker a job: one whose worker has not been heard of first, then the oldest that waits. [J3]
--
-- KEYS  1 jobs, 2 which entities have one waiting
-- ARGV  1 worker, 2 ms of silence after which a job is another's, 3 how often one is given out, 4 ms
--       after which a worker without a job is forgotten, '' to look for none
-- Reply {'job', id, entity, why, how often it was given out} | {'dropped', entity} | {'none'}
--
-- One script, so that a job is marked as under way, and as waiting no more, when it is given out.

local GROUP = 'workers'

local function fields_of(row)
  local fields = {}
  for i = 1, #(row[2] or {}), 2 do fields[row[2][i]] = row[2][i + 1] end
  return fields
end

local function drop(id, entity)
  redis.call('XACK', KEYS[1], GROUP, id)
  redis.call('XDEL', KEYS[1], id)
  if entity and redis.call('HGET', KEYS[2], entity) == id then redis.call('HDEL', KEYS[2], entity) end
end

local function given(row)
  local id, fields = row[1], fields_of(row)
  local times = redis.call('XPENDING', KEYS[1], GROUP, id, id, 1)[1][4]
  if not fields.e or not fields.w or times > tonumber(ARGV[3]) then
    drop(id, fields.e)
    return { 'dropped', fields.e or '' }
  end
  if redis.call('HGET', KEYS[2], fields.e) == id then redis.call('HDEL', KEYS[2], fields.e) end
  return { 'job', id, fields.e, fields.w, times }
end

local function silent_ones()
  return redis.pcall('XAUTOCLAIM', KEYS[1], GROUP, ARGV[1], ARGV[2], '-', 'COUNT', 1)
end

local silent = silent_ones()
if silent.err then
  if not string.find(silent.err, 'NOGROUP') and not string.find(silent.err, 'no such key') then
    return redis.error_reply(silent.err)
  end
  redis.call('XGROUP', 'CREATE', KEYS[1], GROUP, '0', 'MKSTREAM')
  silent = silent_ones()
end
if silent[2][1] then return given(silent[2][1]) end

if ARGV[4] ~= '' then
  for _, worker in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], GROUP)) do
    -- name, its name, pending, how many, idle, for how long
    if worker[4] == 0 and worker[6] > tonumber(ARGV[4]) then
      redis.call('XGROUP', 'DELCONSUMER', KEYS[1], GROUP, worker[2])
    end
  end
end

local waiting = redis.call('XREADGROUP', 'GROUP', GROUP, ARGV[1], 'COUNT', 1, 'STREAMS', KEYS[1], '>')
if not waiting then return { 'none' } end
return given(waiting[1][2][1])

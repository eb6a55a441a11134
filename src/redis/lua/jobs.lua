-- How many jobs are there, and for how long no worker has been heard of. [J13]
--
-- KEYS  1 jobs
-- Reply {how many, ms, or -1 when there never was a worker}
--
-- One script, so that both are of one moment.

local since = -1
local workers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], 'workers')
if not workers.err then
  for _, worker in ipairs(workers) do
    -- name, its name, pending, how many, idle, for how long
    if since < 0 or worker[6] < since then since = worker[6] end
  end
end
return { redis.call('XLEN', KEYS[1]), since }

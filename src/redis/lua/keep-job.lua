-- A worker says that it is still at a job, or hands it back. [J3] [J4]
--
-- KEYS  1 jobs
-- ARGV  1 worker, 2 id, 3 for how many ms it counts as silent: 0, or so many that another takes it
-- Reply 1 | 0 when the job is another's by now
--
-- One script: a worker that stood still must not take its job back from whoever goes on with it.

local row = redis.call('XPENDING', KEYS[1], 'workers', ARGV[2], ARGV[2], 1)[1]
if not row or row[2] ~= ARGV[1] then return 0 end
redis.call('XCLAIM', KEYS[1], 'workers', ARGV[1], 0, ARGV[2], 'IDLE', ARGV[3], 'JUSTID')
return 1

-- Queues a job, unless one for the same entity waits already. [J2]
--
-- KEYS  1 jobs, 2 which entities have one waiting
-- ARGV  1 entity, 2 why, 3 most jobs
-- Reply 'queued' | 'known' | 'full'
--
-- One script, because many nodes offer the same entity at once. What says that a job waits is
-- believed only as long as that job is there.

local waiting = redis.call('HGET', KEYS[2], ARGV[1])
if waiting and #redis.call('XRANGE', KEYS[1], waiting, waiting) > 0 then return 'known' end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[3]) then return 'full' end
redis.call('HSET', KEYS[2], ARGV[1], redis.call('XADD', KEYS[1], '*', 'e', ARGV[1], 'w', ARGV[2]))
return 'queued'

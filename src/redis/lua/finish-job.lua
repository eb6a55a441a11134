-- A job is done. [J3]
--
-- KEYS  1 jobs
-- ARGV  1 id
-- Reply 1 | 0 when it was gone already
--
-- One script, so that it is never out of the list of what is under way and still in the stream.

redis.call('XACK', KEYS[1], 'workers', ARGV[1])
return redis.call('XDEL', KEYS[1], ARGV[1])

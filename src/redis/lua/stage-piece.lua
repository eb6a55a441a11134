-- Writes a piece of a snapshot that does not count yet, to a key that goes by itself. [L60]
--
-- KEYS  1 pieces
-- ARGV  1 field, 2 piece, 3 s after which they go
-- Reply 1
--
-- One script, because a node that ends between writing it and saying when it goes would leave it for
-- ever.

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return redis.call('EXPIRE', KEYS[1], ARGV[3])

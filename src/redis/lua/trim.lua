-- Drops the entries up to a place that a whole snapshot covers. [L22] [J1]
--
-- KEYS  1 meta, 2 stream, 3 dirty set of the partition
-- ARGV  1 base position as it was seen, 2 offset and 3 check of the new base
-- Reply 1 | 0 when the log begins elsewhere by now
--
-- One script, because a stream that is trimmed further than meta says would look damaged. The stream
-- is trimmed to nothing, never deleted: empty it weighs 372 bytes and keeps its last id.
--
-- include: branch
-- include: dirty

local meta = redis.call('GET', KEYS[1])
local branch = meta and read_meta(meta)
if not branch then return 0 end
if position_text(branch.epoch, branch.base, branch.base_check) ~= ARGV[1] then return 0 end
branch.base = tonumber(ARGV[2])
branch.base_check = ARGV[3]
if branch.base > branch.offset then return 0 end
redis.call('XTRIM', KEYS[2], 'MINID', '=', id_of(branch.base + 1))
write_meta(KEYS[1], branch)
if branch.base == branch.offset then note_clean(KEYS[3], KEYS[1]) end
return 1

-- Drops the entries up to a place that a whole snapshot covers. [L22] [L68] [J1]
--
-- KEYS  1 meta, 2 stream, 3 dirty set of the partition, 4 snapshots
-- ARGV  1 base position as it was seen, 2 offset and 3 check of the new base, 4 offset and 5 check at
--       which the snapshot ends
-- Reply 1 | 0 when the log begins elsewhere by now, or the snapshot is none of its own
--
-- Between a commit and this a failover may have come: the snapshot is gone then, and other entries
-- stand at the offsets that it covered.
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

local covered = tonumber(ARGV[4])
local row = redis.call('XRANGE', KEYS[2], id_of(covered), id_of(covered))[1]
local _, check = place_of(row or { '', {} })
if branch.base > covered or check ~= ARGV[5] then return 0 end
if check_of_snapshot(KEYS[4], covered) ~= check then return 0 end

redis.call('XTRIM', KEYS[2], 'MINID', '=', id_of(branch.base + 1))
write_meta(KEYS[1], branch)
if branch.base == branch.offset then note_clean(KEYS[3], KEYS[1]) end
return 1

-- Makes a snapshot that has been written and read back the newest one. [L21] [L23] [L25]
--
-- KEYS  1 meta, 2 stream, 3 tombstones, 4 snapshots, 5 what was written, 6… pieces that go
-- ARGV  1 epoch, 2 offset and 3 check of its position, 4 and 5 sha1 of both kept snapshots as they
--       were seen, '' for none, 6 which of them is the older one now: 'n', 'o' or '', 7 the record, or
--       '' when it is the string that was written
-- Reply 'committed' | 'stale' | 'gone': what was written is not there any more
--
-- One script, because epoch, the check at the covered offset and what it replaces must hold at the
-- moment it counts. Before it, what was written is a key of its own that expires.
--
-- include: branch
-- include: kept

if not same_kept(KEYS[4], ARGV[4], ARGV[5]) then return 'stale' end
local meta = redis.call('GET', KEYS[1])
local branch = meta and read_meta(meta)
if not branch or branch.epoch ~= ARGV[1] then return 'stale' end
if check_at(branch, KEYS[2], KEYS[4], tonumber(ARGV[2])) ~= ARGV[3] then return 'stale' end

local record = ARGV[7]
if record == '' then
  record = redis.call('GET', KEYS[5])
  if not record then return 'gone' end
elseif redis.call('PERSIST', KEYS[5]) == 0 and redis.call('EXISTS', KEYS[5]) == 0 then
  return 'gone'
end
if ARGV[6] == 'n' then
  redis.call('HSET', KEYS[4], 'o', redis.call('HGET', KEYS[4], 'n'), 'n', record)
else
  redis.call('HSET', KEYS[4], 'n', record)
  if ARGV[6] == '' then redis.call('HDEL', KEYS[4], 'o') end
end
if ARGV[7] == '' then redis.call('UNLINK', KEYS[5]) end
if #KEYS > 5 then redis.call('UNLINK', unpack(KEYS, 6)) end
return 'committed'

-- Appends an entry at the next offset and tells everybody who listens. [L1] [L2] [L5] [L6] [L50] [L61] [J1]
--
-- KEYS  1 meta, 2 stream, 3 tombstones, 4 snapshots, 5 dirty set of the partition
-- ARGV  1 incarnation for a log that begins, 2 entry id, 3 record, 4 beginning of the content of its
--       record (length and entry id) when this entry may be there already, or '', 5 position expected
--       or '', 6 channel, 7 most bytes of a record that are told along, 8 epoch that the caller
--       believes in or ''
-- Reply 'new position previous': one text, since that is nearly every reply, and read fastest
--       | {'new', position, previous position, {foreign entry, …}} | {'known', position}
--       | {'conflict', position} | {'elsewhere', position}: the log is of another epoch
--       | {'damaged', why}
--
-- One script, because offset and check must be those of the entry before, and because what is told
-- must be in the order of the log. The entry is written first and meta after it: were Redis to stop
-- between two writes, the stream would be ahead of meta, never behind it.
--
-- A stream that was empty makes its entity dirty here and nowhere else: a note that were written by a
-- command of its own would be lost with the node that dies in between.
--
-- include: branch

-- Entries behind the end are none of ours, since meta is written with each. They stand where the
-- next one must go, or so far ahead that none could follow. The stream is written anew without them:
-- XDEL would leave its last id where they were, and XSETID does not go below a deleted one. What
-- they hold goes into the reply, the first 64 of them.
local function without_foreign(stream, branch)
  local foreign = redis.call('XRANGE', stream, '(' .. id_of(branch.offset), '+', 'COUNT', LOOK_BACK)
  local ours = redis.call('XRANGE', stream, '-', id_of(branch.offset))
  redis.call('DEL', stream)
  for _, row in ipairs(ours) do redis.call('XADD', stream, row[1], unpack(row[2])) end
  return foreign
end

-- An epoch without an incarnation is that of a log which somebody may have begun since.
local function is_believed(epoch, branch)
  if epoch == '' or epoch == branch.epoch then return true end
  return string.sub(epoch, -1) == '.' and generation_of(epoch) == generation_of(branch.epoch)
end

local branch, why = branch_of(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1])
if not branch then return { 'damaged', why } end

if ARGV[4] ~= '' then
  -- The id stands at a fixed place in the record: 6 bytes of head, then the content.
  for _, row in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', LOOK_BACK)) do
    local offset, check = place_of(row)
    if offset and string.sub(row[2][4], 7, 6 + #ARGV[4]) == ARGV[4] then
      return { 'known', position_text(branch.epoch, offset, check) }
    end
  end
end

local previous = head_of(branch)
if ARGV[5] ~= '' and ARGV[5] ~= previous then return { 'conflict', previous } end

if not is_believed(ARGV[8], branch) then return { 'elsewhere', previous } end

local was_empty = branch.base == branch.offset
if branch.unborn then branch.epoch = branch.epoch .. ARGV[1] end
branch.offset = branch.offset + 1
branch.check = string.sub(redis.sha1hex(branch.check .. ARGV[2]), 1, 16)

local foreign = {}
local function is_in_the_way(added)
  if type(added) ~= 'table' or not added.err then return false end
  return string.find(added.err, 'equal or smaller') or string.find(added.err, 'exhausted')
end
local added = redis.pcall('XADD', KEYS[2], id_of(branch.offset), 'c', branch.check, 'r', ARGV[3])
if is_in_the_way(added) then
  branch.offset = branch.offset - 1
  foreign = without_foreign(KEYS[2], branch)
  branch.offset = branch.offset + 1
  added = redis.pcall('XADD', KEYS[2], id_of(branch.offset), 'c', branch.check, 'r', ARGV[3])
end
if type(added) == 'table' and added.err then return redis.error_reply(added.err) end
write_meta(KEYS[1], branch)
if was_empty then
  -- As in `dirty.lua`, but without a function: each would be made anew for every append.
  local time = redis.call('TIME')
  local ms = int(time[1] * 1000 + math.floor(time[2] / 1000))
  redis.call('ZADD', KEYS[5], ms, string.match(KEYS[1], '^[^}]*}:m:(.+)$'))
end

local position = head_of(branch)
local news
if #ARGV[3] <= tonumber(ARGV[7]) then
  news = 'E ' .. previous .. ' ' .. position .. '\n' .. ARGV[3]
else
  news = 'P ' .. previous .. ' ' .. position .. '\n'
end
redis.call('PUBLISH', ARGV[6], news)
if #foreign > 0 then return { 'new', position, previous, foreign } end
return 'new ' .. position .. ' ' .. previous

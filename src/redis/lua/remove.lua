-- Begins the next generation, empty: log and snapshots of the old one go, its tombstone stays. [L12] [L25] [J1]
--
-- KEYS  1 meta, 2 stream, 3 tombstones, 4 snapshots, 5 dirty set of the
--       partition, 6… the pieces of its snapshots
-- ARGV  1 incarnation, 2 record of the tombstone, 3 channel, 4 and 5 sha1 of both kept snapshots as
--       they were seen, '' for none, 6 the generation that must be there, '' for the next one
-- Reply {'removed', head}, also when it is there already | {'changed'}: other snapshots are kept than were seen | {'damaged', why}
--
-- One script, so that the removal has one place among the appends. The list of tombstones has one
-- record for each removal: should meta be lost, its length is the generation.
--
-- A generation that must be there was removed once, in a store that has lost it.
--
-- include: branch
-- include: dirty
-- include: kept

if not same_kept(KEYS[4], ARGV[4], ARGV[5]) then return { 'changed' } end
local branch, why = branch_of(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1])
if not branch then return { 'damaged', why } end

local least = tonumber(ARGV[6]) or 0
local now = tonumber(generation_of(branch.epoch))
if least > 0 and now >= least then return { 'removed', head_of(branch) } end

local removals = redis.call('RPUSH', KEYS[3], ARGV[2])
local generation = math.max(now + 1, removals, least)
while removals < least do removals = redis.call('RPUSH', KEYS[3], ARGV[2]) end
local previous = head_of(branch)
local head = {
  epoch = int(generation) .. '.' .. ARGV[1], offset = 0, check = FIRST, base = 0, base_check = FIRST,
}
redis.call('UNLINK', KEYS[2], KEYS[4], unpack(KEYS, 6))
note_clean(KEYS[5], KEYS[1])
write_meta(KEYS[1], head)
redis.call('PUBLISH', ARGV[3], 'R ' .. previous .. ' ' .. head_of(head) .. '\n')
return { 'removed', head_of(head) }

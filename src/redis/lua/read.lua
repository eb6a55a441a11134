-- What is behind an offset, a page of it, with where the log begins and ends. [L7] [L13] [L51]
--
-- KEYS  1 meta, 2 stream, 3 tombstones, 4 snapshots
-- ARGV  1 incarnation for a log that has lost its meta, 2 offset, 3 most bytes of a page, 4 epoch and
--       5 check of that offset, '' for any: there are no rows where the log does not go through it
-- Reply {head, base position, check at the offset or false, {tombstone, …}, {row, …},
--       offset behind which the next page begins or false}
--       | {'damaged', why}. A row is what XRANGE gives; entries of others are among them.
--
-- One script, so that rows, base and end are of one moment. Entries are fetched in runs that grow as
-- long as they are small: a run of 64 large ones would be copied whole before it could be cut.
--
-- include: branch

local MOST_AT_ONCE = 64

local branch, why = branch_of(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1])
if not branch then return { 'damaged', why } end

local after = tonumber(ARGV[2])
local budget = tonumber(ARGV[3])
local rows = {}
local next_page = false
local at_once = 1
local last = branch.offset
local from = id_of(after + 1)
local check = check_at(branch, KEYS[2], KEYS[4], after)
local is_ours = (ARGV[4] == '' or ARGV[4] == branch.epoch) and (ARGV[5] == '' or ARGV[5] == check)
while is_ours and after < last and after >= branch.base do
  local run = redis.call('XRANGE', KEYS[2], from, id_of(last), 'COUNT', at_once)
  if #run == 0 then break end
  for _, row in ipairs(run) do
    rows[#rows + 1] = row
    for _, field in ipairs(row[2]) do budget = budget - #field end
  end
  from = '(' .. run[#run][1]
  if budget <= 0 then
    next_page = string.match(run[#run][1], '^%d+')
    break
  end
  at_once = math.min(at_once * 2, MOST_AT_ONCE)
end

return {
  head_of(branch),
  position_text(branch.epoch, branch.base, branch.base_check),
  check,
  redis.call('LRANGE', KEYS[3], 0, -1),
  rows,
  next_page,
}

-- Both kept snapshots, with the branch they lie beside. [L20] [L52]
--
-- KEYS  1 meta, 2 stream, 3 tombstones, 4 snapshots
-- ARGV  1 incarnation for a log that has lost its meta, 2 another offset that is asked about, or ''
-- Reply {epoch, newer or false, its check in the log or false, older or false, its check or false,
--        the check at that offset or false}
--       | {'damaged', why}
--
-- One script, so that a snapshot is never judged by the log of another moment.
--
-- include: branch

local branch, why = branch_of(KEYS[1], KEYS[2], KEYS[3], KEYS[4], ARGV[1])
if not branch then return { 'damaged', why } end

local reply = { branch.epoch }
for _, field in ipairs({ 'n', 'o' }) do
  local value = redis.call('HGET', KEYS[4], field)
  local offset = value and string.match(string.sub(value, 7, 120), '^%d+%.[0-9a-z]*:(%d+):')
  reply[#reply + 1] = value
  reply[#reply + 1] = offset and check_at(branch, KEYS[2], KEYS[4], tonumber(offset)) or false
end
local asked = tonumber(ARGV[2])
reply[#reply + 1] = asked and check_at(branch, KEYS[2], KEYS[4], asked) or false
return reply

-- The branch of an entity: where its log ends and begins. Included by every script that needs it.
--
-- The meta string is `1 <epoch> <offset> <check> <base offset> <base check>`: its format, the end of
-- the log, and the place up to which it has been trimmed. It is written behind the entry, in the
-- same script, so that what is in the stream is never younger than what meta says.
--
-- Meta may be lost alone (evicted, deleted by hand): then the stream still says where the log ends,
-- and the log goes on there under a new incarnation, so that everybody notices [L52]. Without the
-- stream it goes on where its newest snapshot ends. A log that began anew beside one could never be
-- read again: a cold start reads the snapshot first, and this log would not continue it.

local FIRST = '0000000000000000'
-- How far back an entry of ours is looked for behind entries that are none.
local LOOK_BACK = 64

-- tostring would write 1e15 as "1e+15".
local function int(number)
  return string.format('%.0f', number)
end

local function id_of(offset)
  return int(offset) .. '-0'
end

local function position_text(epoch, offset, check)
  return epoch .. ':' .. int(offset) .. ':' .. check
end

local function head_of(branch)
  return position_text(branch.epoch, branch.offset, branch.check)
end

local function write_meta(key, branch)
  local head = '1 ' .. branch.epoch .. ' ' .. int(branch.offset) .. ' ' .. branch.check
  redis.call('SET', key, head .. ' ' .. int(branch.base) .. ' ' .. branch.base_check)
end

local function read_meta(text)
  local epoch, offset, check, base, base_check =
    string.match(text, '^1 (%d+%.[0-9a-z]+) (%d+) (%x+) (%d+) (%x+)$')
  if not epoch or #check ~= 16 or #base_check ~= 16 then return nil end
  return {
    epoch = epoch, offset = tonumber(offset), check = check,
    base = tonumber(base), base_check = base_check,
  }
end

-- The check of an entry, if it is one of ours: `<offset>-0` with the fields `c` and `r`.
local function place_of(row)
  local offset = string.match(row[1], '^(%d+)%-0$')
  local fields = row[2]
  if not offset or #fields ~= 4 or fields[1] ~= 'c' or fields[3] ~= 'r' then return nil end
  if not string.match(fields[2], '^%x+$') or #fields[2] ~= 16 then return nil end
  return tonumber(offset), fields[2]
end

-- The check at an offset as a kept snapshot knows it: its record begins with 6 bytes and its position.
local function check_of_snapshot(key, offset)
  for _, field in ipairs({ 'n', 'o' }) do
    local value = redis.call('HGET', key, field)
    if value then
      local at, check = string.match(string.sub(value, 7, 120), '^%d+%.[0-9a-z]*:(%d+):(%x+) ')
      if at and tonumber(at) == offset and #check == 16 then return check end
    end
  end
  return nil
end

local function generation_of(epoch)
  return string.match(epoch, '^(%d+)%.')
end

-- The branch of a stream that has lost its meta; nil when nothing in it is ours.
local function found_branch(stream, snapshots, epoch, fresh)
  local branch = nil
  for _, row in ipairs(redis.call('XREVRANGE', stream, '+', '-', 'COUNT', LOOK_BACK)) do
    local offset, check = place_of(row)
    if offset then
      branch = { epoch = epoch, offset = offset, check = check }
      break
    end
  end
  if branch then
    branch.base = branch.offset - 1
    for _, row in ipairs(redis.call('XRANGE', stream, '-', '+', 'COUNT', LOOK_BACK)) do
      local offset = place_of(row)
      if offset then
        branch.base = offset - 1
        break
      end
    end
  elseif redis.call('XLEN', stream) == 0 then
    -- Trimmed to nothing: it keeps its last id.
    local info = redis.call('XINFO', 'STREAM', stream)
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then
        branch = { epoch = epoch, offset = tonumber(string.match(info[i + 1], '^(%d+)%-')) }
      end
    end
    branch.base = branch.offset
  else
    return nil
  end
  branch.base_check = branch.base == 0 and FIRST or check_of_snapshot(snapshots, branch.base) or fresh
  branch.check = branch.check or branch.base_check
  return branch
end

-- The branch of which nothing is left but snapshots; nil without one of this generation. One that has
-- lost its pieces cannot be read, and is passed over.
local function branch_of_snapshot(key, generation, epoch)
  for _, field in ipairs({ 'n', 'o' }) do
    local line = string.sub(redis.call('HGET', key, field) or '', 7, 262)
    local of, at, check, pieces =
      string.match(line, '^(%d+)%.[0-9a-z]*:(%d+):(%x+) %d+ %d+ %d+ %d+ %d+ ([0-9a-z-]+)\n')
    if of == generation and #check == 16 then
      local piece = string.gsub(key, '}:s:', '}:p' .. pieces .. ':', 1)
      if pieces == '-' or redis.call('EXISTS', piece) == 1 then
        local offset = tonumber(at)
        return { epoch = epoch, offset = offset, check = check, base = offset, base_check = check }
      end
    end
  end
  return nil
end

-- The branch of an entity. `mint` is the incarnation for a log that begins or has lost its meta.
-- `unborn` when nobody has appended to it: its epoch lacks an incarnation. nil and a text when it
-- cannot be told.
local function branch_of(meta, stream, tombstones, snapshots, mint)
  local text = redis.call('GET', meta)
  if text then
    local branch = read_meta(text)
    if branch then return branch end
    return nil, 'its meta is not understood'
  end
  local generation = int(redis.call('LLEN', tombstones))
  local epoch = generation .. '.' .. mint
  local branch
  if redis.call('EXISTS', stream) == 0 then
    branch = branch_of_snapshot(snapshots, generation, epoch)
    if not branch then
      return {
        unborn = true, epoch = generation .. '.', offset = 0, check = FIRST, base = 0, base_check = FIRST,
      }
    end
  else
    branch = found_branch(stream, snapshots, epoch, string.sub(redis.sha1hex(mint), 1, 16))
  end
  if not branch then return nil, 'its meta is gone and nothing in its stream is an entry' end
  write_meta(meta, branch)
  return branch
end

-- The check of the log at an offset; false where it has none. An entry that is gone may be the one
-- at which a kept snapshot ends: that one knows its check too.
local function check_at(branch, stream, snapshots, offset)
  if offset == branch.offset then return branch.check end
  if offset == branch.base then return branch.base_check end
  if offset < branch.base or offset > branch.offset then return false end
  local row = redis.call('XRANGE', stream, id_of(offset), id_of(offset))[1]
  local at, check
  if row then at, check = place_of(row) end
  return at and check or check_of_snapshot(snapshots, offset) or false
end

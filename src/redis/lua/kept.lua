-- Whether the two kept snapshots are still those that were seen: the newer `n`, the older `o`.

local function same_kept(key, newer, older)
  for field, seen in pairs({ n = newer, o = older }) do
    local value = redis.call('HGET', key, field)
    if (value and redis.sha1hex(value) or '') ~= seen then return false end
  end
  return true
end

-- Keeps bytes for export and lets the oldest go when all of them count more than the bound. [L14]
--
-- KEYS  1 stream, 2 the sum of what its entries count
-- ARGV  1 entity, 2 record, 3 what it counts, 4 bound
-- Reply how many went
--
-- One script, because several nodes set aside at once and the sum must be that of the stream.

local function oldest()
  return redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
end

-- Fields in the order in which they are written below; an entry of somebody else counts nothing.
local function cost_of(row)
  return row[2][3] == 'n' and tonumber(row[2][4]) or 0
end

local sum = tonumber(redis.call('GET', KEYS[2]) or '')
if not sum then
  sum = 0
  for _, row in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do sum = sum + cost_of(row) end
end
redis.call('XADD', KEYS[1], '*', 'k', ARGV[1], 'n', ARGV[3], 'r', ARGV[2])
sum = sum + tonumber(ARGV[3])

local gone = 0
local row = oldest()
while sum > tonumber(ARGV[4]) and row do
  sum = sum - cost_of(row)
  redis.call('XDEL', KEYS[1], row[1])
  gone = gone + 1
  row = oldest()
end
redis.call('SET', KEYS[2], string.format('%.0f', row and sum or 0))
return gone

--[[ lease-acquire: take the lease of a partition, or keep it.
     KEYS[1] lease (`generation|owner`, ends by itself)  KEYS[2] leases ever given
     ARGV[1] owner  ARGV[2] TTL (ms)
     Returns its generation, or false while another owner holds it
     Cost    O(1) ]]
local held = redis.call('GET', KEYS[1])
if held then
  local generation, owner = string.match(held, '^(%d+)|(.*)$')
  if owner ~= ARGV[1] then return false end
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return tonumber(generation)
end
local generation = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], string.format('%.0f', generation) .. '|' .. ARGV[1], 'PX', ARGV[2])
return generation

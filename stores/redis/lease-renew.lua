--[[ lease-renew: extend a lease that still holds; a TTL of 0 gives it back.
     KEYS[1] lease
     ARGV[1] `generation|owner`  ARGV[2] TTL (ms)
     Returns 1, or 0 when it is held no more
     Cost    O(1) ]]
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])

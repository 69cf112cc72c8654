--[[ view-opt-out: nothing more is learned from a profile, and what was is forgotten; or no longer so.
     KEYS[1] profile
     ARGV[1] 1 or 0
     Returns nothing
     Cost    O(1) ]]
if ARGV[1] == '1' then
  redis.call('HSET', KEYS[1], 'o', '1')
  redis.call('HDEL', KEYS[1], 'c')
else
  redis.call('HDEL', KEYS[1], 'o')
end

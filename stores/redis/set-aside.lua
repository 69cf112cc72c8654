--[[ set-aside: move a value that no release packed out of its profile, unless it was replaced since.
     The mark goes too: the durable store is asked for the register the next time it matters.
     KEYS[1] profile  KEYS[2] values set aside
     ARGV[1] profile id  ARGV[2] field  ARGV[3] value
     Returns nothing
     Cost    O(1) ]]
if redis.call('HGET', KEYS[1], ARGV[2]) == ARGV[3] then
  redis.call('HSET', KEYS[2], ARGV[1] .. '|' .. ARGV[2], ARGV[3])
  redis.call('HDEL', KEYS[1], ARGV[2], '#h', '#i')
end

--[[ quarantine: take a dirty title out of the drains' way. Its profile keeps it, and is not evicted.
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3] profile
     ARGV[1] member  ARGV[2] title
     Returns nothing
     Cost    O(log dirty) ]]
-- include title.lua
local since_ms = redis.call('ZSCORE', KEYS[1], ARGV[1])
if since_ms then
  -- First, as it needs no memory: a full Redis then takes the rest as well.
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[2], since_ms, ARGV[1])
  local field = 't:' .. ARGV[2]
  seal_settled(KEYS[3], field, redis.call('HGET', KEYS[3], field))
end

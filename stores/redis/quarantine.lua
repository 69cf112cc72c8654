--[[ quarantine: take a dirty title out of the drains' way. Its profile keeps it, and is not evicted.
     KEYS[1] dirty set  KEYS[2] quarantine
     ARGV[1] member
     Returns nothing
     Cost    O(log dirty) ]]
local since_ms = redis.call('ZSCORE', KEYS[1], ARGV[1])
if since_ms then
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZADD', KEYS[2], since_ms, ARGV[1])
end

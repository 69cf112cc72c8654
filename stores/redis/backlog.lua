--[[ backlog: what one partition owes.
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3] values set aside
     ARGV    none
     Returns {dirty titles, since when the oldest is dirty (ms) or false, titles in quarantine and
             values set aside}
     Cost    O(1) ]]
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local set_aside = redis.call('ZCARD', KEYS[2]) + redis.call('HLEN', KEYS[3])
return { redis.call('ZCARD', KEYS[1]), oldest[2] or false, set_aside }

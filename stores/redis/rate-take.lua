--[[ rate-take: take from a token bucket, if it holds as much (takeFrom of domain/rate-limit.ts).
     KEYS[1] when the bucket is full, ms by the clock of Redis; ends by itself when it is
     ARGV[1] what is taken, as the ms in which it comes back  ARGV[2] what the bucket holds, likewise
     ARGV[3] slack (ms)
     Returns 0, or the ms until it can be taken
     Cost    O(1) ]]
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local capacity = tonumber(ARGV[2])
local full = tonumber(redis.call('GET', KEYS[1]) or now)
local after = math.min(capacity, math.max(0, full - now)) + tonumber(ARGV[1])
local wait = math.ceil(after - capacity - tonumber(ARGV[3]))
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.3f', now + after), 'PX', math.max(1, math.ceil(after)))
return 0

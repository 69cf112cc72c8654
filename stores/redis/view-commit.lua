--[[ view-commit: store what a batch of transitions made of the view, and the offset it was read up to,
     if nobody wrote the view of that partition since it was read.
     KEYS[1] consumed  KEYS[2] unclaimed plays  KEYS[3..] of each profile: viewings, recency, plays, profile
     ARGV[1] revision that was read  ARGV[2] offset; '' leaves the one that is there
     ARGV[3..] of each change: what it is, place of the profile from 0, name, value
             v/V put or remove a viewing (title, body)    r/R its place (version|title)
             p/P put or remove a play (play, body)        u/U unclaimed (profile|play, ended at, ms)
             f   floors (floor, floor of plays)           c   forget the correction
     Returns 1, or 0 when somebody was faster: nothing is stored then
     Cost    O(changes × log titles) ]]
local revision = redis.call('HGET', KEYS[1], 'r') or '0'
if revision ~= ARGV[1] then return 0 end
for index = 3, #ARGV, 4 do
  local change, name, value = ARGV[index], ARGV[index + 2], ARGV[index + 3]
  local first = 3 + 4 * tonumber(ARGV[index + 1])
  if change == 'v' then redis.call('HSET', KEYS[first], name, value)
  elseif change == 'V' then redis.call('HDEL', KEYS[first], name)
  elseif change == 'r' then redis.call('ZADD', KEYS[first + 1], 0, name)
  elseif change == 'R' then redis.call('ZREM', KEYS[first + 1], name)
  elseif change == 'p' then redis.call('HSET', KEYS[first + 2], name, value)
  elseif change == 'P' then redis.call('HDEL', KEYS[first + 2], name)
  elseif change == 'u' then redis.call('ZADD', KEYS[2], value, name)
  elseif change == 'U' then redis.call('ZREM', KEYS[2], name)
  elseif change == 'f' then redis.call('HSET', KEYS[first + 3], 'f', name, 'e', value)
  elseif change == 'c' then redis.call('HDEL', KEYS[first + 3], 'c')
  end
end
if ARGV[2] ~= '' then redis.call('HSET', KEYS[1], 'o', ARGV[2]) end
redis.call('HINCRBY', KEYS[1], 'r', 1)
return 1

--[[ view-commit: store what a batch of transitions made of the view, and the offset it was read up to,
     if nobody wrote the view of that partition since it was read.
     KEYS[1] consumed  KEYS[2] unclaimed plays  KEYS[3..] of each profile: viewings, recency, plays, profile
     ARGV[1] revision that was read  ARGV[2] offset; '' leaves the one that is there
     ARGV[3..] a change each, as texts that end in a zero byte: what it is, place of the profile from 0, and
             v   viewing: title, body, its place (version|title) so far and now; '' for none
             p   play: play, body, unclaimed member (profile|play), ended at (ms)
             f   floors: floor, floor of plays     c   forget the correction
             What has no body is removed; any other text may be empty
     Returns 1, or 0 when somebody was faster: nothing is stored then
     Cost    O(changes × log titles) ]]
local call, read = redis.call, struct.unpack
local revision = call('HGET', KEYS[1], 'r') or '0'
if revision ~= ARGV[1] then return 0 end
for index = 3, #ARGV do
  local change, place, name, value, third, fourth = read('ssssss', ARGV[index])
  local first = 3 + 4 * place
  if change == 'v' then
    if third ~= fourth and third ~= '' then call('ZREM', KEYS[first + 1], third) end
    if third ~= fourth and fourth ~= '' then call('ZADD', KEYS[first + 1], 0, fourth) end
    if value == '' then call('HDEL', KEYS[first], name)
    else call('HSET', KEYS[first], name, value) end
  elseif change == 'p' and value == '' then
    call('HDEL', KEYS[first + 2], name)
    call('ZREM', KEYS[2], third)
  elseif change == 'p' then
    call('HSET', KEYS[first + 2], name, value)
    call('ZADD', KEYS[2], fourth, third)
  elseif change == 'f' then
    call('HSET', KEYS[first + 3], 'f', name, 'e', value)
  elseif change == 'c' then
    call('HDEL', KEYS[first + 3], 'c')
  end
end
if ARGV[2] ~= '' then call('HSET', KEYS[1], 'o', ARGV[2]) end
call('HINCRBY', KEYS[1], 'r', 1)
return 1

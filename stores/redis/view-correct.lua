--[[ view-correct: keep what was learned from a profile, unless it opted out.
     KEYS[1] profile
     ARGV[1] correction (base64), or '' for none
     Returns nothing
     Cost    O(1) ]]
if ARGV[1] == '' then
  redis.call('HDEL', KEYS[1], 'c')
elseif redis.call('HGET', KEYS[1], 'o') ~= '1' then
  redis.call('HSET', KEYS[1], 'c', ARGV[1])
end

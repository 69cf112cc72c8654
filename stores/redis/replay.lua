--[[ replay: make the titles in quarantine dirty again, the longest dirty first.
     KEYS[1] dirty set  KEYS[2] quarantine
     ARGV[1] now (ms)  ARGV[2] most titles
     Returns how many
     Cost    O(titles * log dirty) ]]
local members = redis.call('ZRANGE', KEYS[2], 0, ARGV[2] - 1)
for index = 1, #members do
  redis.call('ZREM', KEYS[2], members[index])
  redis.call('ZADD', KEYS[1], 'NX', ARGV[1], members[index])
end
return #members

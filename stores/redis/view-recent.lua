--[[ view-recent: the newest viewings of a profile.
     KEYS[1] recency  KEYS[2] viewings
     ARGV[1] how many
     Returns their bodies, newest first
     Cost    O(how many + log titles): ZREVRANGE and HMGET ]]
-- As many as Lua passes to one call without trouble.
local chunk = 1000
local members = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1)
local bodies = {}
for first = 1, #members, chunk do
  local titles = {}
  for index = first, math.min(first + chunk - 1, #members) do
    titles[#titles + 1] = string.match(members[index], '^[^|]*|(.*)$')
  end
  for _, body in ipairs(redis.call('HMGET', KEYS[2], unpack(titles))) do
    if body then bodies[#bodies + 1] = body end
  end
end
return bodies

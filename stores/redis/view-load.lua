--[[ view-load: what a batch of transitions touches of the view, and where that has been read up to.
     KEYS[1] consumed  KEYS[2..] of each profile: viewings, plays, profile
     ARGV[1] offset that is expected, '' for none; '*': whatever is stored
     ARGV[2..] of each profile: how many titles, how many plays, the titles, the plays
     Returns {offset or '', revision}, and of each profile, one behind the other: floor, floor of plays, its
             viewings and its plays, nil for what there is not; nothing of them where another offset
             is stored than was expected
     Cost    O(titles and plays) ]]
local call = redis.call
local consumed = call('HMGET', KEYS[1], 'o', 'r')
local found = { consumed[1] or '', consumed[2] or '0' }
if ARGV[1] ~= '*' and ARGV[1] ~= found[1] then return found end
local at, length = 2, 2
for first = 2, #KEYS, 3 do
  local floors = call('HMGET', KEYS[first + 2], 'f', 'e')
  found[length + 1], found[length + 2] = floors[1], floors[2]
  length = length + 2
  local titles_end = at + 1 + ARGV[at]
  local plays_end = titles_end + ARGV[at + 1]
  for index = at + 2, plays_end do
    length = length + 1
    found[length] = call('HGET', KEYS[index <= titles_end and first or first + 1], ARGV[index])
  end
  at = plays_end + 1
end
return found

--[[ due: the titles that have been dirty longest, with what is to be written; they stay dirty.
     KEYS[1] dirty set
     ARGV[1] dirty since this or earlier (ms)  ARGV[2] most titles  ARGV[3] start of a profile's key;
             the keys are in the slot of the set, and cannot be known before it is read
     ARGV[4] titles passed over, the oldest
     Returns of each title, oldest first: {member, since (ms), packed playhead, packed visibility,
             device hash, kind and id, name}, each false where there is none
     Cost    O(log dirty + titles passed over + titles): HMGET twice a title ]]
local members = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', ARGV[4], ARGV[2],
  'WITHSCORES')
local titles = {}
for index = 1, #members, 2 do
  local profile_id, title = string.match(members[index], '^([^|]*)|(.*)$')
  local key = ARGV[3] .. profile_id
  local position, visibility = unpack(redis.call('HMGET', key, 't:' .. title, 'v:' .. title))
  local hash = position and string.match(position, '^[^.]*%.[^.]*%.(%w+)') or false
  local device = { false, false }
  if hash then device = redis.call('HMGET', key, 'd:' .. hash, 'n:' .. hash) end
  titles[#titles + 1] = {
    members[index], members[index + 1], position, visibility, hash, device[1], device[2],
  }
end
return titles

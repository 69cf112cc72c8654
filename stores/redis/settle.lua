--[[ settle: the durable store has these titles. Clean where nothing newer came, else dirty from now on.
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3..] the profile of each title
     ARGV[1] now (ms)  ARGV[2] TTL of a clean profile (ms)
     ARGV[3..] of each title: profile id, title, version of the playhead written or '', version of the
             visibility written or ''
     Returns nothing
     Cost    O(titles): HMGET, ZREM, HSET; the last one of a profile HINCRBY, HDEL, PEXPIRE
     A full Redis refuses the first write of a script if that needs memory, and no later one: each title
     is taken out of the set first, or what is never evicted could never be drained either. ]]
-- include register.lua
-- include owed.lua
-- include title.lua

local sets = { dirty = KEYS[1], quarantine = KEYS[2] }

-- Answers whether what was written is all that is there, and what the position's field holds.
local function is_written(key, title, written)
  local held = redis.call('HMGET', key, 't:' .. title, 'v:' .. title)
  local position, visibility = split(held[1], held[2])
  local is_same = (position and version(position) or '') == written.playhead
    and (visibility and version(visibility) or '') == written.visibility
  return is_same, held[1]
end

for index = 3, #KEYS do
  local profile_id, title, playhead, visibility = unpack(ARGV, 4 * index - 9, 4 * index - 6)
  local profile = { key = KEYS[index], member = profile_id .. '|' .. title }
  local is_done, held =
    is_written(profile.key, title, { playhead = playhead, visibility = visibility })
  if is_done then
    release(sets, profile, ARGV[2])
    seal_settled(profile.key, 't:' .. title, held)
  elseif redis.call('ZREM', sets.dirty, profile.member) == 1 then
    redis.call('ZADD', sets.dirty, ARGV[1], profile.member)
  else
    owe(sets, profile, ARGV[1])
  end
end

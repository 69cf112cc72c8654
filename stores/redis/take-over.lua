--[[ take-over: note on a session that another took over from it; a later take-over stays.
     Given   those of out.lua
     KEYS[1] profile, its name also that of its channel  KEYS[2] its sessions  KEYS[3] out stream
     ARGV[1] session that is taken over  ARGV[2] session that takes over
     ARGV[3] version of the take-over  ARGV[4] kind and id of the device that takes over
     ARGV[5] its name or ''
     Returns 1; 0 when the session is not known
     Cost    O(titles of the profile): HMGET, HSET, HDEL, HGETALL, HSET, SPUBLISH; two HMGET
             and XADD where other regions want to know ]]
-- include title.lua
-- include out.lua
local started_length = 9
local from, by, at, kind_and_id, name = unpack(ARGV)

local found = redis.call('HMGET', KEYS[2], from, from .. '.v', by, by .. '.a', from .. '.t')
local session, taken_at, taker, acted, played = unpack(found)
if not session or not played then return 0 end
if not taken_at or at > taken_at then
  redis.call('HSET', KEYS[2], from .. '.o', by, from .. '.v', at, from .. '.k', kind_and_id)
  if name ~= '' then
    redis.call('HSET', KEYS[2], from .. '.m', name)
  else
    redis.call('HDEL', KEYS[2], from .. '.m')
  end
end
if taker and (not acted or at > acted) then redis.call('HSET', KEYS[2], by .. '.a', at) end
-- The next plain heartbeat of the session must be looked at, whichever of its titles it is of.
break_seals(KEYS[1])
if out_length_max ~= '0' then
  -- A session that is not known has nothing to be told.
  tell_regions(KEYS[3], string.match(KEYS[1], ':p:(.*)$'),
    { s = { session_left(KEYS[2], from), session_left(KEYS[2], by) } })
end
redis.call('SPUBLISH', KEYS[1], 't:' .. string.sub(played, started_length + 1))
return 1

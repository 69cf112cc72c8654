--[[ owed: which titles the durable store has yet to be given. A part of other scripts
     (`-- include owed.lua`). A profile that owes anything, to a drain or to an operator, has no TTL
     and is never evicted; `#d` counts what it owes.
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions owe, release, touch
     Cost    owe: one ZADD for a title that is dirty already; two to four more when it becomes dirty ]]

-- Dirty since `now_ms`, unless it is dirty already.
local function owe(sets, profile, now_ms)
  if redis.call('ZADD', sets.dirty, 'NX', now_ms, profile.member) == 0 then return end
  if redis.call('ZREM', sets.quarantine, profile.member) == 1 then return end
  if redis.call('HINCRBY', profile.key, '#d', 1) == 1 then redis.call('PERSIST', profile.key) end
end

-- No longer dirty. The last one gives the profile its TTL back.
local function release(sets, profile, ttl_ms)
  if redis.call('ZREM', sets.dirty, profile.member) == 0 then return end
  if redis.call('HINCRBY', profile.key, '#d', -1) > 0 then return end
  redis.call('HDEL', profile.key, '#d')
  redis.call('PEXPIRE', profile.key, ttl_ms)
end

-- The TTL of a profile that was written to and owes nothing.
local function touch(key, ttl_ms)
  if redis.call('HEXISTS', key, '#d') == 0 then redis.call('PEXPIRE', key, ttl_ms) end
end

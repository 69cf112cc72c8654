--[[ identity: who answers for a partition just now, and whether it takes writes.
     KEYS[1] generation  KEYS[2] a key that never exists: deleting it changes nothing, and is refused
             wherever writing is (a replica, a full disk, too few replicas); a full memory refuses more
     ARGV    none
     Returns {epoch, generation, 1 or 0}
     Cost    O(1); one INFO ]]
-- include mark.lua
local epoch, generation = identity(KEYS[1])
local is_writable = type(redis.pcall('DEL', KEYS[2])) == 'number'
return { epoch, generation, is_writable and 1 or 0 }

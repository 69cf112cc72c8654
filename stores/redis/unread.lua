--[[ unread: how many entries a consumer has not read, and which is the oldest of them.
     KEYS[1] event stream
     ARGV[1] where it has read up to, as XRANGE takes it  ARGV[2] how many are counted at most
     Returns their number and the id of the oldest, false where there is none
     Cost    O(entries) ]]
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[2])
return { #entries, entries[1] and entries[1][1] or false }

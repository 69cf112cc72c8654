--[[ copy-events: append what happened in another region to the event stream of one partition, say so, and
     note how far that region's stream was read; nothing of it, if somebody else has read on.
     KEYS[1] event stream, its name also that of its channel  KEYS[2] places read up to
     ARGV[1] region  ARGV[2] place that is expected, '' for none  ARGV[3] place with these entries
     ARGV[4] length of the stream  ARGV[5..] entries
     Returns the place that is stored now, or '': that of ARGV[3], or another if ARGV[2] was not
     Cost    O(entries) ]]
local stood = redis.call('HGET', KEYS[2], ARGV[1]) or ''
if stood ~= ARGV[2] then return stood end
for index = 5, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'e', ARGV[index])
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[3])
if #ARGV > 4 then redis.call('SPUBLISH', KEYS[1], '') end
return ARGV[3]

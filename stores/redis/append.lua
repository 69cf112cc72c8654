--[[ append: add transitions to the event stream of one partition, and say so.
     KEYS[1] event stream, its name also that of its channel
     ARGV[1] length of the stream  ARGV[2..] entries
     Returns nothing
     Cost    O(entries) ]]
for index = 2, #ARGV do
  redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'e', ARGV[index])
end
redis.call('SPUBLISH', KEYS[1], '')

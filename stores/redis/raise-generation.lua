--[[ raise-generation: invalidate every hydration mark of a partition, and say so.
     KEYS[1] generation, its name also that of its channel
     ARGV    none
     Returns nothing
     Cost    O(1) ]]
redis.call('INCR', KEYS[1])
redis.call('SPUBLISH', KEYS[1], '')

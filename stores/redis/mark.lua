--[[ mark: whether a profile counts as compared. A part of other scripts (`-- include mark.lua`).
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions identity, mark_of
     Cost    identity: one INFO (2.6 microseconds) and one GET; not for every heartbeat ]]

-- 16 of the 40 digits of master_replid, which is new at every start and promotion: enough to tell
-- primaries apart, and short enough for the mark to fit a listpack.
local epoch_length = 16

-- Epoch and generation as they are now.
local function identity(generation_key)
  local replication = redis.call('INFO', 'replication')
  local epoch = string.match(replication, 'master_replid:(%x+)')
  return string.sub(epoch, 1, epoch_length), redis.call('GET', generation_key) or '0'
end

-- State of a mark (valid, expired, absent) and its length in ms, '' when absent.
local function mark_of(mark, now)
  if not mark then return 'absent', '' end
  local epoch, generation, until_ms, length_ms = string.match(mark, '^(%x+)|(%d+)|(%d+)|(%d+)$')
  if epoch ~= now.epoch or generation ~= now.generation then return 'absent', '' end
  local is_valid = tonumber(now.ms) < tonumber(until_ms)
  return is_valid and 'valid' or 'expired', length_ms
end

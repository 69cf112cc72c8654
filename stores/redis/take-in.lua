--[[ take-in: merge what another region accepted into its profiles, as clean copies that were compared with
     nothing, and note how far that region's stream was read; nothing of it, if somebody else has read on.
     Nearly every change is a plain heartbeat. One that meets what the last one of its session left, a
     position that it sealed (title.lua) and its own session playing, is merged in the few lines below;
     whatever else comes, or is met, is for take-in-any.lua, which can do all.
     Given   clean_ttl_ms, and those of session.lua
     KEYS[1] read points  KEYS[2..] two a change: profile, its name also that of its channel; its sessions
     ARGV[1] region  ARGV[2] read point that is expected, '' for none  ARGV[3] read point with these changes
     ARGV[4..] a change each: JSON (see take-in-any.lua), or a plain heartbeat: 35 characters that compare
             as numbers (player 6, sequence 6, time 12 and writer 11 of its version), then texts that end
             in a zero byte: field, session id, position, session, version of its viewer's newest act;
             start, kind and id of the device, its name or ''
     Returns the read point that is stored now, or '': that of ARGV[3], or another if ARGV[2] was not
     Cost    five commands a plain heartbeat that met what it expected (HGET, HMGET, HSET twice, SPUBLISH) ]]
local call, try, read, byte, sub = redis.call, redis.pcall, struct.unpack, string.byte, string.sub
local brace, sealed = 123, 61
local shortest_folded, shortest_session = 42, 48
local stood = call('HGET', KEYS[1], ARGV[1]) or ''
if stood ~= ARGV[2] then return stood end

local take_in_any
for index = 4, #ARGV do
  local change, profile, sessions = ARGV[index], KEYS[2 * index - 6], KEYS[2 * index - 5]
  local is_done = false
  if byte(change) ~= brace then
    local player, sequence, high, low, writer, writer_end, field, session, position, state, acted =
      read('>I6I6I6I6I6I5sssss', change)
    -- What is no hash answers a table, whose length is zero.
    local was = try('HGET', profile, field)
    if was and #was >= shortest_folded and byte(was, -13) == sealed then
      local was_high, was_low, was_writer, was_writer_end = read('>I6I6xI6I5', was)
      if was_high == high and was_low < low and was_writer == writer and was_writer_end == writer_end then
        local known = try('HMGET', sessions, session, session .. '.a')
        local found = known[1]
        if found and #found >= shortest_session and known[2] and known[2] >= acted then
          local was_player, was_sequence = read('>I6I6', found)
          if was_player == player and was_sequence < sequence then
            call('HSET', profile, field, position .. '=' .. sub(was, -12))
            call('HSET', sessions, session, state)
            call('SPUBLISH', profile, field)
            is_done = true
          end
        end
      end
    end
  end
  if not is_done then
    if not take_in_any then
-- include take-in-any.lua
      take_in_any = take_in
    end
    local is_taken, failure = pcall(take_in_any, change, profile, sessions)
    -- A key that is not what it should be is in nobody's way: its profile cannot be read either.
    local message = type(failure) == 'table' and failure.err or tostring(failure)
    if not is_taken and not string.find(message, 'WRONGTYPE', 1, true) then error(failure, 0) end
  end
end
call('HSET', KEYS[1], ARGV[1], ARGV[3])
return ARGV[3]

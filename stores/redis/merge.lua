--[[ merge: fold one or more requests into their profiles, in the order given; each stands or falls
     alone. Nearly all of them are plain heartbeats: a position moves on, a player plays on. One that
     meets what the last one left, a sealed position (title.lua) and its own session playing, is folded
     in the few lines below; whatever else comes, or is met, is for merge-any.lua, which can do all.
     Given   events_length_max, greeting and out_length_max (out.lua), and what the parts are
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3] event stream, its name also that of its channel
     KEYS[4..] two a request: profile, its name also that of its channel; its sessions
     KEYS[..] generation, if some request has a condition or regions want to know; then the out stream
     ARGV    a request each: JSON (see merge-any.lua), or a plain heartbeat: 41 characters that compare as
             numbers (player 6, sequence 6, time 12 and writer 11 of its version, 6 of the version that
             makes it news), then texts that end in a zero byte: field, session id, position, session;
             device (kind|id|name, or '' for no name), now (ms), start of the session, and the time of its
             viewer's newest act that this proves (13 digits)
     Returns the one request's answer, or an array of them: the position before, of a plain heartbeat that
             met what it expected; {'merged', floor, then of each write the packed playhead and visibility
             before}, {'held', the same} (its session was overtaken: no register changed), {'conflict'}
             (nothing was written), or {'failed', message}
     Cost    five commands a plain heartbeat (HGET and HSET twice, SPUBLISH), and XADD, SPUBLISH when it
             is a progress event; no function is made, and no table but that of the answers ]]
local call, try, read, byte, sub = redis.call, redis.pcall, struct.unpack, string.byte, string.sub
local brace, plus, minus = 123, 43, 45
local shortest_folded, shortest_session = 42, 48
-- All keys of a partition begin alike: a profile's with that and `p:`.
local id_begins = #KEYS[1] - #'dirty' + #'p:' + 1
local merge_any, replies
if #ARGV > 1 then replies = {} end

for index = 1, #ARGV do
  local request, profile, sessions = ARGV[index], KEYS[2 * index + 2], KEYS[2 * index + 3]
  local reply
  if byte(request) ~= brace then
    local player, sequence, high, low, writer, writer_end, news_before, field, session, position, state,
      rest = read('>I6I6I6I6I6I5I6ssss', request)
    -- What is no hash answers a table, whose length is zero.
    local was, found = try('HGET', profile, field), try('HGET', sessions, session)
    if was and found and #was >= shortest_folded and #found >= shortest_session then
      local was_high, was_low, was_writer, was_writer_end = read('>I6I6xI6I5', was)
      local was_player, was_sequence = read('>I6I6', found)
      local seal = byte(was, -13)
      if (seal == plus or seal == minus) and was_high == high and was_low < low
        and was_writer == writer and was_writer_end == writer_end
        and was_player == player and was_sequence < sequence then
        local id
        if was_low < news_before or seal == minus or out_length_max ~= '0' then
          id = sub(profile, id_begins)
        end
        if was_low < news_before then
          call('XADD', KEYS[3], 'MAXLEN', '~', events_length_max, '*', 'h', position,
            'w', id .. sub(field, 2) .. ':' .. session, 'd', (read('s', request, rest)))
          call('SPUBLISH', KEYS[3], '')
        end
        call('HSET', profile, field, position .. '+' .. sub(was, -12))
        call('HSET', sessions, session, state)
        if out_length_max ~= '0' then
          call('XADD', KEYS[2 * #ARGV + 5], 'MAXLEN', '~', out_length_max, '*',
            'g', greeting, 'p', id, 'b', request)
        end
        if seal == minus then
-- include owed.lua
          local _, now_ms = read('ss', request, rest)
          local title = { key = profile, member = id .. '|' .. sub(field, 3) }
          owe({ dirty = KEYS[1], quarantine = KEYS[2] }, title, now_ms)
        end
        call('SPUBLISH', profile, field)
        reply = was
      end
    end
  end
  if not reply then
    if not merge_any then
-- include merge-any.lua
      merge_any = merge
    end
    local is_done, answer = pcall(merge_any, index)
    reply = is_done and answer
      or { 'failed', type(answer) == 'table' and answer.err or tostring(answer) }
  end
  if not replies then return reply end
  replies[index] = reply
end
return replies

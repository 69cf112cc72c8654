--[[ session: fold a session's report; the twin of advancePresence in domain/presence.ts. A part of
     merge.lua (`-- include session.lua`).
     A session is packed as: sequence (10 digits), state letter (P playing, A paused, B buffering,
     S stopped), has acted (0, 1), paused since (ms, 13 digits, zero: not paused), alive until (ms, 13
     digits), body.
     KEYS    none of its own
     ARGV[2] TTL of a profile's sessions (ms)  ARGV[3] sessions kept of a profile
     Returns the function fold_report
     Cost    HGET, HSET, PEXPIRE; a session that is new also HLEN ]]
local not_paused = string.rep('0', 13)

local function unpack_session(packed)
  return {
    sequence = string.sub(packed, 1, 10), state = string.sub(packed, 11, 11),
    has_acted = string.sub(packed, 12, 12), paused_since = string.sub(packed, 13, 25),
    alive_until = string.sub(packed, 26, 38), body = string.sub(packed, 39),
  }
end

local function put_session(key, id, session)
  redis.call('HSET', key, id, session.sequence .. session.state .. session.has_acted
    .. session.paused_since .. session.alive_until .. session.body)
end

-- Room for a new session: the one that was, or will be, over first gives way.
local function make_room(key)
  if redis.call('HLEN', key) < tonumber(ARGV[3]) then return end
  local all, first, first_until = redis.call('HGETALL', key), nil, nil
  for index = 1, #all, 2 do
    local alive_until = string.sub(all[index + 1], 26, 38)
    if not first or alive_until < first_until then first, first_until = all[index], alive_until end
  end
  redis.call('HDEL', key, first)
end

-- When it stops counting as alive unless it reports again; 13 digits.
local function alive_until(session, report)
  local received_ms, playing_ms, paused_ms, longest_ms = unpack(report, 6, 9)
  local until_ms = tonumber(received_ms)
  if session.state == 'A' then
    until_ms = math.min(until_ms + paused_ms, tonumber(session.paused_since) + longest_ms)
  elseif session.state ~= 'S' then
    until_ms = until_ms + playing_ms
  end
  return string.format('%013.0f', until_ms)
end

-- Answers the session's title when who plays there changed, else false.
local function fold_report(key, report, now_ms)
  local id, title, sequence, state, has_acted, received_ms = unpack(report)
  local packed = redis.call('HGET', key, id)
  local previous = packed and unpack_session(packed)
  if previous and sequence <= previous.sequence then
    if has_acted == '1' and previous.has_acted == '0' then
      previous.has_acted = '1'
      put_session(key, id, previous)
    end
    return false
  end
  if not previous then make_room(key) end
  if state == '' then state = previous and previous.state or 'P' end
  local session = {
    sequence = sequence, state = state, paused_since = not_paused, body = report[10],
    has_acted = previous and previous.has_acted == '1' and '1' or has_acted,
  }
  if state == 'A' then
    local was_paused = previous and previous.paused_since ~= not_paused
    session.paused_since = was_paused and previous.paused_since or received_ms
  end
  session.alive_until = alive_until(session, report)
  put_session(key, id, session)
  redis.call('PEXPIRE', key, ARGV[2])
  local was_alive = previous and tonumber(now_ms) < tonumber(previous.alive_until)
  return (not was_alive or previous.state ~= state) and title
end

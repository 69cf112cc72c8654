--[[ session: fold a session's report; the twin of advancePresence in domain/presence.ts. A part of
     merge.lua (`-- include session.lua`).
     A session is packed as: sequence (10 digits), state letter (P playing, A paused, B buffering,
     S stopped), has acted (0, 1), paused since (ms, 13 digits, zero: not paused), alive until (ms, 13
     digits), body.
     KEYS    none of its own
     ARGV[2] TTL of a profile's sessions (ms)  ARGV[3] sessions kept of a profile
     Returns the function fold_report
     Cost    HGET, HSET; a session that is new also HLEN; PEXPIRE every quarter of an hour ]]
local not_paused = '0000000000000'
local no_session = string.rep('0', 38)

-- Times that agree in their first 7 of 13 digits are less than 17 minutes apart.
local ttl_digits = 7

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

-- When the session of the report at `at` stops counting as alive unless it reports again; 13 digits.
local function alive_until_of(state, paused_since, at)
  local until_ms = tonumber(ARGV[at + 5])
  if state == 'A' then
    until_ms = math.min(until_ms + ARGV[at + 7], paused_since + ARGV[at + 8])
  elseif state ~= 'S' then
    until_ms = until_ms + ARGV[at + 6]
  end
  return string.format('%013.0f', until_ms)
end

-- Of a late or repeated report only that the viewer acted is news to the session.
local function fold_late(key, previous, at)
  if ARGV[at + 4] == '1' and string.sub(previous, 12, 12) == '0' then
    local acted = string.sub(previous, 1, 11) .. '1' .. string.sub(previous, 13)
    redis.call('HSET', key, ARGV[at], acted)
  end
end

-- Folds the report at `at`; answers the session's title when who plays there changed, else false.
local function fold_report(key, at, now_ms)
  local found, sequence, state = redis.call('HGET', key, ARGV[at]), ARGV[at + 2], ARGV[at + 3]
  if found and sequence <= string.sub(found, 1, 10) then
    fold_late(key, found, at)
    return false
  end
  if not found then make_room(key) end
  local previous = found or no_session
  local was_state, was_alive_until = string.sub(previous, 11, 11), string.sub(previous, 26, 38)
  if state == '' then state = found and was_state or 'P' end
  local has_acted = string.sub(previous, 12, 12) == '1' and '1' or ARGV[at + 4]
  local paused_since = not_paused
  if state == 'A' then
    local was_paused_since = string.sub(previous, 13, 25)
    paused_since = was_paused_since ~= not_paused and was_paused_since or ARGV[at + 5]
  end
  local alive_until = alive_until_of(state, paused_since, at)
  redis.call('HSET', key, ARGV[at],
    sequence .. state .. has_acted .. paused_since .. alive_until .. ARGV[at + 9])
  if string.sub(alive_until, 1, ttl_digits) ~= string.sub(was_alive_until, 1, ttl_digits) then
    redis.call('PEXPIRE', key, ARGV[2])
  end
  local was_alive = now_ms + 0 < was_alive_until + 0
  return (not was_alive or was_state ~= state) and ARGV[at + 1]
end

--[[ session: fold a session's report; the twin of advancePresence in domain/presence.ts. A part of
     merge-any.lua (`-- include session.lua`).
     A session is three or four fields of a hash, none of them over 64 bytes. Its id holds what each
     report changes: state letter (P playing, A paused, B buffering, S stopped), hash of what does not
     change (5 characters), sequence (6 base-36 digits), alive until (ms, 13 digits), paused since (ms, 13
     digits, zero: not paused), what no rule looks at, has acted (0, 1). Id and `.t` hold start and title,
     `.d` kind and id of the device, `.n` its name, if any.
     A report is, all texts: session, title, state (letter, '': as before), hash, sequence, receivedAtMs,
     rest, acted, started, kindAndId, name or ''
     Given   sessions_max, sessions_ttl_ms, silence_playing_ms, silence_paused_ms, longest_pause_ms
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions report_of_plain, fold_report
     Cost    HGET, HSET, PEXPIRE; a session that is new also HLEN, and HGETALL when there are many ]]
local not_paused = '0000000000000'
local fields_per_session_min = 3

-- The report that a plain heartbeat makes, from the session that it expects to leave.
local function report_of_plain(session, state, report)
  report.session, report.state, report.hash = session, string.sub(state, 1, 1), string.sub(state, 2, 6)
  report.sequence = string.sub(state, 7, 12)
  report.receivedAtMs = string.sub(state, 13, 25) - silence_playing_ms
  report.rest, report.acted = string.sub(state, 39, -2), string.sub(state, -1)
  return report
end

-- Room for a new session: the one that was, or will be, over first gives way.
local function make_room(key)
  if redis.call('HLEN', key) < fields_per_session_min * sessions_max then return end
  local all, count, first, first_until = redis.call('HGETALL', key), 0, nil, nil
  for index = 1, #all, 2 do
    if not string.find(all[index], '.', 1, true) then
      local alive_until = string.sub(all[index + 1], 13, 25)
      if not first or alive_until < first_until then first, first_until = all[index], alive_until end
      count = count + 1
    end
  end
  if count < tonumber(sessions_max) then return end
  redis.call('HDEL', key, first, first .. '.t', first .. '.d', first .. '.n')
end

-- When the session stops counting as alive unless it reports again; 13 digits.
local function alive_until_of(state, paused_since, report)
  local until_ms = tonumber(report.receivedAtMs)
  if state == 'A' then
    until_ms = math.min(until_ms + silence_paused_ms, paused_since + longest_pause_ms)
  elseif state ~= 'S' then
    until_ms = until_ms + silence_playing_ms
  end
  return string.format('%013.0f', until_ms)
end

-- Of a late or repeated report only that the viewer acted is news to the session.
local function fold_late(key, previous, report)
  if report.acted == '1' and string.sub(previous, -1) == '0' then
    redis.call('HSET', key, report.session, string.sub(previous, 1, -2) .. '1')
  end
end

local function describe(key, report)
  local session = report.session
  redis.call('HSET', key, session .. '.t', report.started .. report.title,
    session .. '.d', report.kindAndId)
  if report.name ~= '' then
    redis.call('HSET', key, session .. '.n', report.name)
  else
    redis.call('HDEL', key, session .. '.n')
  end
end

-- Folds a report; answers the session's title when who plays there changed, else false, and whether the
-- report came after a later one.
local function fold_report(key, report, now_ms)
  local found = redis.call('HGET', key, report.session)
  -- What no release since packed as above: presence may be lost.
  if found and not string.find(found, '^[PABS]') then found = false end
  if found and report.sequence <= string.sub(found, 7, 12) then
    fold_late(key, found, report)
    return false, true
  end
  if not found then make_room(key) end
  local was_state = found and string.sub(found, 1, 1) or ''
  local state = report.state
  if state == '' then state = found and was_state or 'P' end
  local acted = found and string.sub(found, -1) == '1' and '1' or report.acted
  local paused_since = not_paused
  if state == 'A' then
    paused_since = found and string.sub(found, 26, 38) or not_paused
    if paused_since == not_paused then
      paused_since = string.format('%013.0f', report.receivedAtMs)
    end
  end
  redis.call('HSET', key, report.session, state .. report.hash .. report.sequence
    .. alive_until_of(state, paused_since, report) .. paused_since .. report.rest .. acted)
  if not found or string.sub(found, 2, 6) ~= report.hash then describe(key, report) end
  redis.call('PEXPIRE', key, sessions_ttl_ms)
  local was_alive = found and now_ms + 0 < string.sub(found, 13, 25) + 0
  return (not was_alive or was_state ~= state) and report.title, false
end

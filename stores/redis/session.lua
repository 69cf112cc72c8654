--[[ session: judge and fold a session's report; the twin of isOvertaken in domain/overtaken.ts and of
     advancePresence in domain/presence.ts. A part of merge-any.lua (`-- include session.lua`).
     A session is three fields of a hash or more, none of them over 64 bytes. Its id holds what each
     report changes: state letter (P playing, A paused, B buffering, S stopped), hash of what does not
     change (5 characters), sequence (6 base-36 digits), alive until (ms, 13 digits), paused since (ms, 13
     digits, zero: not paused), when it was last heard of (9 base-36 digits), what no rule looks at. Id and
     `.t` hold start and title, `.d` kind and id of the device, `.n` its name, if any, `.a` the version of its
     viewer's newest act, if any; of one that was taken over `.o` holds by which session, `.v` the version of
     the take-over, `.k` and `.m` kind and id, and name, of the device (take-over.lua).
     A report is, all texts: session, title, state (letter, '': as before), hash, sequence, receivedAtMs,
     rest, acted (a version, '': not), writer (of its versions), started, kindAndId, name or ''
     Given   sessions_max, sessions_ttl_ms, silence_playing_ms, silence_paused_ms, longest_pause_ms
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions report_of_plain, forget_sessions, read_session, is_overtaken, tells_history, fold_report
     Cost    HMGET, HSET, PEXPIRE; a session that is new also HLEN, and HGETALL when there are many; a closing
             that meets another's position HGETALL ]]
local not_paused = '0000000000000'
local fields_per_session_min = 3
local started_length = 9

-- The report that a plain heartbeat makes, from the session that it expects to leave.
local function report_of_plain(session, state, report)
  report.session, report.state, report.hash = session, string.sub(state, 1, 1), string.sub(state, 2, 6)
  report.sequence = string.sub(state, 7, 12)
  report.receivedAtMs = string.sub(state, 13, 25) - silence_playing_ms
  report.rest = string.sub(state, 39)
  return report
end

local function drop_session(key, id)
  redis.call('HDEL', key, id, id .. '.t', id .. '.d', id .. '.n', id .. '.a', id .. '.o', id .. '.v',
    id .. '.k', id .. '.m')
end

-- Where a title was played, or every title (`*`), is forgotten.
local function forget_sessions(key, title)
  local all = redis.call('HGETALL', key)
  for index = 1, #all, 2 do
    local id = string.match(all[index], '^([^.]+)%.t$')
    local is_of_it = title == '*' or string.sub(all[index + 1], started_length + 1) == title
    if id and is_of_it then drop_session(key, id) end
  end
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
  drop_session(key, first)
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

-- What is known of the reporting session: false, or what it left; its newest act, or false; when it was
-- taken over, or false.
local function read_session(key, report)
  local id = report.session
  local known = redis.call('HMGET', key, id, id .. '.a', id .. '.v')
  -- What no release since packed as above: presence may be lost.
  if known[1] and not string.find(known[1], '^[PABS]') then known[1] = false end
  return { found = known[1], acted = known[2], taken_at = known[3] }
end

local function act_of(key, writer)
  local all = redis.call('HGETALL', key)
  for index = 1, #all, 2 do
    local is_act = string.sub(all[index], -2) == '.a'
    if is_act and string.sub(all[index + 1], 14) == writer then return all[index + 1] end
  end
  return nil
end

-- Whether another session's viewer acted since the reporting one's did: `position` is what is in force,
-- `offered` what would take its place, or nil.
local function is_overtaken(key, report, known, position, offered, now_ms)
  if position and offered and version(offered) <= version(position) then return false end
  local acted = known.acted or ''
  if report.acted > acted then acted = report.acted end
  if known.taken_at and acted <= known.taken_at then return true end
  local writer = position and string.sub(position, 14, 24)
  if not writer or writer == report.writer then return false end
  if acted == '' then return true end
  local found = known.found
  local was_playing = found and string.find(found, '^[PB]')
    and now_ms + 0 < string.sub(found, 13, 25) + 0
  local ends = report.state == 'A' or report.state == 'S'
  if was_playing or not ends then return false end
  return acted <= (act_of(key, writer) or version(position))
end

-- From when on what an overtaken session offers is history, ms; false: nothing of it is.
local function tells_history(report, known)
  local found = known.found
  if not known.acted and report.acted == '' then return false end
  if not found then return 0 end
  return report.sequence > string.sub(found, 7, 12) and tonumber(string.sub(found, 39, 47), 36)
end

local function remember_act(key, report, known)
  if report.acted ~= '' and report.acted > (known.acted or '') then
    redis.call('HSET', key, report.session .. '.a', report.acted)
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
local function fold_report(key, report, known, now_ms)
  local found = known.found
  remember_act(key, report, known)
  if found and report.sequence <= string.sub(found, 7, 12) then return false, true end
  if not found then make_room(key) end
  local was_state = found and string.sub(found, 1, 1) or ''
  local state = report.state
  if state == '' then state = found and was_state or 'P' end
  local paused_since = not_paused
  if state == 'A' then
    paused_since = found and string.sub(found, 26, 38) or not_paused
    if paused_since == not_paused then
      paused_since = string.format('%013.0f', report.receivedAtMs)
    end
  end
  redis.call('HSET', key, report.session, state .. report.hash .. report.sequence
    .. alive_until_of(state, paused_since, report) .. paused_since .. report.rest)
  if not found or string.sub(found, 2, 6) ~= report.hash then describe(key, report) end
  redis.call('PEXPIRE', key, sessions_ttl_ms)
  local was_alive = found and now_ms + 0 < string.sub(found, 13, 25) + 0
  return (not was_alive or was_state ~= state) and report.title, false
end

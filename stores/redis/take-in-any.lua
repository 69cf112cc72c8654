--[[ take-in-any: merge any change of another region into its profile; the twin of mergeTitle and of
     mergePresence in domain/. A part of take-in.lua (`-- include take-in-any.lua`).
     Given   clean_ttl_ms, and those of session.lua
     KEYS    as take-in.lua says
     ARGV    of a change that is no plain heartbeat, as JSON, all of it texts:
             w: writes, each [title, packed playhead or '', packed visibility or '']
             d: devices, each [hash, kind and id, name or '']
             s: sessions, each [id, what the id's field holds, start and title, kind and id, name or '',
             newest act or '', and of a take-over by which session, its version, kind and id, name; '' each]
     Returns the function take_in, which answers nothing, or raises an error
     Cost    O(1) a write and a session: HMGET, mostly once, HSET or two each, PEXPIRE twice, SPUBLISH once; HGETALL
             where a take-over, a floor or a forgotten title comes ]]
-- include register.lua
-- include owed.lua
-- include title.lua
-- include session.lua
-- Lua gives a call 8,000 arguments at most, and several entries come as one.
local fields_at_once = 4000

local function change_of_plain(text)
  local field, session, position, state, acted, started, kind_and_id, name =
    struct.unpack('ssssssss', text, 36)
  local title = string.sub(field, 3)
  return {
    w = { { title, position, '' } },
    d = { { string.match(position, '%w+$'), kind_and_id, name } },
    s = { { session, state, started .. title, kind_and_id, name, acted, '', '', '', '' } },
    is_plain = true,
  }
end

-- Everything the change is compared with, in one read; what is absent is false.
local function read_profile(key, change)
  local fields, held = { '#f' }, {}
  for _, write in ipairs(change.w) do
    fields[#fields + 1] = 't:' .. write[1]
    fields[#fields + 1] = 'v:' .. write[1]
  end
  for _, device in ipairs(change.d) do
    fields[#fields + 1] = 'd:' .. device[1]
    fields[#fields + 1] = 'n:' .. device[1]
  end
  for from = 1, #fields, fields_at_once do
    local upto = math.min(from + fields_at_once - 1, #fields)
    local values = redis.call('HMGET', key, unpack(fields, from, upto))
    for index, value in ipairs(values) do held[fields[from + index - 1]] = value end
  end
  for _, write in ipairs(change.w) do
    local position, visibility = 't:' .. write[1], 'v:' .. write[1]
    held[position], held[visibility] = split(held[position], held[visibility])
  end
  return held
end

-- Which device a position names, if any.
local function device_of(position)
  return position and string.match(position, '^[^.]*%.[^.]*%.(%w+)')
end

-- Leaves of a change what may come in over a fence, with the devices that it names.
local function keep_above(change, fence)
  local fence_ms, named, devices, sessions = tonumber(string.sub(fence, 1, 13)), {}, {}, {}
  for _, write in ipairs(change.w) do
    if version(write[2]) <= fence then write[2] = '' end
    if version(write[3]) <= fence then write[3] = '' end
    named[device_of(write[2]) or ''] = true
  end
  for _, session in ipairs(change.s) do
    if tonumber(string.sub(session[2], 39, 47), 36) > fence_ms then sessions[#sessions + 1] = session end
  end
  for _, device in ipairs(change.d) do
    if named[device[1]] then devices[#devices + 1] = device end
  end
  change.d, change.s = devices, sessions
end

-- A device has no version: it is described by whoever played last. Answers whether one is new or another.
local function describe_devices(key, change, held, risen)
  local plays, has_changed = {}, false
  for _, field in ipairs(risen) do plays[device_of(held[field]) or ''] = true end
  for _, device in ipairs(change.d) do
    local hash, kind_and_id, name = unpack(device)
    local was, was_name = held['d:' .. hash], held['n:' .. hash] or ''
    local is_other = was and plays[hash] and (was ~= kind_and_id or was_name ~= name)
    if is_other then break_seals(key) end
    if not was or is_other then
      redis.call('HSET', key, 'd:' .. hash, kind_and_id)
      if name ~= '' then
        redis.call('HSET', key, 'n:' .. hash, name)
      elseif was_name ~= '' then
        redis.call('HDEL', key, 'n:' .. hash)
      end
      has_changed = true
    end
  end
  return has_changed
end

-- By sequence; then by what a repeated report may differ in: when it was heard, since when it pauses, and
-- what the player was taken to do (the letters are in the order of the domain's names where it matters).
local function place_of(state)
  return string.sub(state, 7, 12) .. string.sub(state, 39, 47) .. string.sub(state, 26, 38)
    .. string.sub(state, 1, 1)
end

local function merge_report(key, session, found)
  local id, state, played, kind_and_id, name = unpack(session)
  if found and place_of(state) <= place_of(found) then return false end
  if not found then make_room(key) end
  redis.call('HSET', key, id, state)
  if not found or string.sub(found, 2, 6) ~= string.sub(state, 2, 6) then
    describe(key, { session = id, started = played, title = '', kindAndId = kind_and_id, name = name })
  end
  return true
end

local function merge_act(key, id, known, acted)
  if acted == '' or acted <= (known or '') then return false end
  redis.call('HSET', key, id .. '.a', acted)
  return true
end

-- Of two of one version, that by the larger session stays.
local function merge_take_over(key, session, known)
  local id, by, at, kind_and_id, name = session[1], session[7], session[8], session[9], session[10]
  if at == '' or at < (known.at or '') or (at == known.at and by <= known.by) then return false end
  redis.call('HSET', key, id .. '.o', by, id .. '.v', at, id .. '.k', kind_and_id)
  if name ~= '' then
    redis.call('HSET', key, id .. '.m', name)
  else
    redis.call('HDEL', key, id .. '.m')
  end
  return true
end

-- Answers the fields of titles whose sessions changed, and whether the next plain heartbeat of one that is
-- new, or was taken over, must be looked at.
local function merge_sessions(key, sessions)
  local changed, is_other = {}, false
  for _, session in ipairs(sessions) do
    local id = session[1]
    local found, acted, at, by =
      unpack(redis.call('HMGET', key, id, id .. '.a', id .. '.v', id .. '.o'))
    -- What no release since packed as session.lua says: presence may be lost.
    if found and not string.find(found, '^[PABS]') then found = false end
    local has_reported = merge_report(key, session, found)
    local has_acted = merge_act(key, id, acted, session[6])
    local is_taken_over = merge_take_over(key, session, { at = at, by = by })
    if has_reported or has_acted or is_taken_over then
      local played = redis.call('HGET', key, id .. '.t')
      if played then changed[#changed + 1] = 't:' .. string.sub(played, started_length + 1) end
    end
    is_other = is_other or not found or is_taken_over
  end
  if #changed > 0 then redis.call('PEXPIRE', key, sessions_ttl_ms) end
  return changed, is_other
end

-- Answers the fields of the titles that rose.
local function merge_writes(change, held, profile, sessions)
  local risen = {}
  for _, write in ipairs(change.w) do
    local title, position, visibility = write[1], 't:' .. write[1], 'v:' .. write[1]
    local has_moved, has_turned = rises(held[position], write[2]), rises(held[visibility], write[3])
    if has_moved then held[position] = write[2] end
    if has_turned then held[visibility] = write[3] end
    if has_moved or has_turned then
      put(profile, title, held[position], held[visibility],
        change.is_plain and not held['#f'] and '=' or '~')
      risen[#risen + 1] = position
    end
    if has_moved and title == '*' then break_seals(profile) end
    if has_moved and string.sub(write[2], 25, 25) == 'n' then forget_sessions(sessions, title) end
  end
  return risen
end

-- In this order: a session that is heard of after its title was forgotten is known again.
local function take_in(text, profile, sessions)
  local is_json = string.sub(text, 1, 1) == '{'
  local change = is_json and cjson.decode(text) or change_of_plain(text)
  local held = read_profile(profile, change)
  if held['#f'] then keep_above(change, held['#f']) end
  local risen = merge_writes(change, held, profile, sessions)
  local is_described = describe_devices(profile, change, held, risen)
  local changed, is_other = merge_sessions(sessions, change.s)
  if is_other then break_seals(profile) end
  if is_described or #risen > 0 then touch(profile, clean_ttl_ms) end
  local told = {}
  for _, field in ipairs(risen) do told[field] = true end
  for _, field in ipairs(changed) do
    if not told[field] then
      risen[#risen + 1] = field
      told[field] = true
    end
  end
  if #risen > 0 then redis.call('SPUBLISH', profile, table.concat(risen, ',')) end
end

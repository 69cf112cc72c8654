--[[ merge-any: fold any request into its profile. A part of merge.lua (`-- include merge-any.lua`).
     Given   events_length_max, clean_ttl_ms, and those of session.lua and out.lua
     KEYS    as merge.lua says
     ARGV    of a request that is no plain heartbeat, as JSON, all of it texts: nowMs; isFact, if it was
             judged before;
             condition, if any: title, version, floor (its version);
             device, if any: hash, kindAndId, name or '';
             writes: title, playhead or '', visibility or '', both packed; one a title;
             offers: title, version, newsBefore (a version), status (a letter), entry (its fields);
             report, if any: see session.lua
     Returns the function merge, which answers as merge.lua says, or raises an error
     Cost    O(1) a write: at most HMGET, HSET, ZADD, two XADD, SPUBLISH; a report HMGET, HSET, PEXPIRE;
             where regions want to know, HMGET for it and for each position ]]
-- include register.lua
-- include owed.lua
-- include title.lua
-- include session.lua
-- include out.lua

local sets = { dirty = KEYS[1], quarantine = KEYS[2] }

-- A plain heartbeat as any other request.
local function request_of_plain(text, id)
  local field, session, playhead, state, device, now_ms, started, acted =
    struct.unpack('ssssssss', text, 42)
  local title = string.sub(field, 3)
  local kind_and_id, name = string.match(device, '^([^|]*|[^|]*)|(.*)$')
  local who, writer = id .. ':' .. title .. ':' .. session, string.sub(playhead, 14, 24)
  return {
    nowMs = now_ms,
    device = { hash = string.match(playhead, '%w+$'), kindAndId = kind_and_id, name = name },
    writes = { { title = title, playhead = playhead, visibility = '', is_plain = true } },
    offers = { {
      title = title, version = version(playhead), status = string.sub(playhead, 25, 25),
      newsBefore = string.sub(text, 13, 18) .. string.sub(text, 36, 41) .. string.rep('0', 12),
      entry = { 'h', playhead, 'w', who, 'd', device },
    } },
    report = report_of_plain(session, state, { title = title, started = started,
      acted = acted .. writer, writer = writer, kindAndId = kind_and_id, name = name }),
  }
end

local function request_at(index)
  local text, key = ARGV[index], KEYS[2 * index + 2]
  local id = string.match(key, ':p:(.*)$')
  local is_json = string.sub(text, 1, 1) == '{'
  local request = is_json and cjson.decode(text) or request_of_plain(text, id)
  request.id, request.key, request.sessions = id, key, KEYS[2 * index + 3]
  return request
end

-- Everything the request is judged by, in one read; what is absent is false.
local function read_held(request)
  local fields, held, titles, condition, device = { 't:*', '#f' }, { ['t:*'] = false }, {},
    request.condition, request.device
  if condition then
    fields[3] = '#h'
    titles[1] = condition.title
  end
  for _, write in ipairs(request.writes) do titles[#titles + 1] = write.title end
  for _, offer in ipairs(request.offers) do titles[#titles + 1] = offer.title end
  if request.report then titles[#titles + 1] = request.report.title end
  for _, title in ipairs(titles) do
    local position, visibility = 't:' .. title, 'v:' .. title
    if not held[visibility] then
      held[visibility] = true
      fields[#fields + 1] = position
      fields[#fields + 1] = visibility
    end
  end
  if device then
    fields[#fields + 1] = 'd:' .. device.hash
    fields[#fields + 1] = 'n:' .. device.hash
  end
  local values = redis.call('HMGET', request.key, unpack(fields))
  for index = 1, #fields do held[fields[index]] = values[index] end
  for _, title in ipairs(titles) do
    local position, visibility = 't:' .. title, 'v:' .. title
    held[position], held[visibility] = split(held[position], held[visibility])
  end
  return held
end

-- Whether the versions that a change by hand was decided on are still in force, under a valid mark.
local function holds(request, held)
  local condition = request.condition
  if not condition then return true end
-- include mark.lua
  local epoch, generation = identity(KEYS[2 * #ARGV + 4])
  local now = { epoch = epoch, generation = generation, ms = request.nowMs }
  if mark_of(held['#h'], now) ~= 'valid' then return false end
  local position = version(held['t:' .. condition.title])
  local visibility = version(held['v:' .. condition.title])
  local in_force = position > visibility and position or visibility
  return in_force == condition.version and version(held['t:*']) == condition.floor
end

-- The position in force: that of the title, or the floor above it.
local function in_force(held, title)
  local position, floor = held['t:' .. title], held['t:*']
  if floor and version(position) <= version(floor) then return floor end
  return position
end

-- The position that a request writes to a title, or nil.
local function offered_to(request, title)
  for _, write in ipairs(request.writes) do
    if write.title == title and write.playhead ~= '' then return write.playhead end
  end
  return nil
end

-- Leaves of a request what may come in over a fence; the twin of aboveFence in fence.ts.
local function keep_above(request, fence)
  for _, write in ipairs(request.writes) do
    if version(write.playhead) <= fence then write.playhead = '' end
    if version(write.visibility) <= fence then write.visibility = '' end
  end
  local newer = {}
  for _, offer in ipairs(request.offers) do
    if offer.version > fence then newer[#newer + 1] = offer end
  end
  request.offers = newer
  local received_ms = request.report and request.report.receivedAtMs or request.nowMs
  if tonumber(received_ms) <= tonumber(string.sub(fence, 1, 13)) then
    request.report, request.device = nil, nil
  end
end

-- Appends what tells something new: the position in force is old enough, or its status another.
local function append_news(request, held)
  local has_news = false
  for _, offer in ipairs(request.offers) do
    local position = in_force(held, offer.title)
    local before, status = version(position), string.sub(position or '', 25, 25)
    if before < offer.version and (before < offer.newsBefore or status ~= offer.status) then
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_length_max, '*', unpack(offer.entry))
      has_news = true
    end
  end
  if has_news then redis.call('SPUBLISH', KEYS[3], '') end
end

-- Appends what an overtaken session offers, as history.
local function append_history(request, known)
  local since_ms, has_news = tells_history(request.report, known), false
  for _, offer in ipairs(since_ms and request.offers or {}) do
    if tonumber(string.sub(offer.newsBefore, 1, 13)) > since_ms then
      local entry = offer.entry
      entry[#entry + 1], entry[#entry + 2] = 'x', '1'
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', events_length_max, '*', unpack(entry))
      has_news = true
    end
  end
  if has_news then redis.call('SPUBLISH', KEYS[3], '') end
end

-- Answers whether the device was unknown, or is described differently now.
local function remember_device(request, held)
  local device = request.device
  if not device then return false end
  local id_field, name_field = 'd:' .. device.hash, 'n:' .. device.hash
  local was = held[id_field]
  if was == device.kindAndId and (held[name_field] or '') == device.name then return false end
  if was then break_seals(request.key) end
  redis.call('HSET', request.key, id_field, device.kindAndId)
  if device.name ~= '' then
    redis.call('HSET', request.key, name_field, device.name)
  else
    redis.call('HDEL', request.key, name_field)
  end
  return true
end

-- Answers whether a register rises. Every one that is accepted is added to `out`, also one that is here
-- already: a hydration may have brought it, and no other region has seen it.
local function accept(held, out, field, packed)
  if packed == '' then return false end
  local before = held[field]
  if before and version(packed) < version(before) then return false end
  out[#out + 1] = field
  out[#out + 1] = packed
  if before and not rises(before, packed) then return false end
  held[field] = packed
  return true
end

-- Stores the writes; answers the reply, and the fields of the titles that rose. Only of a session that
-- is told apart by this very report, not by a later one, can the next heartbeat know its device.
local function store_writes(request, held, out, is_late, is_held)
  local reply, risen = { is_held and 'held' or 'merged', false }, {}
  for _, write in ipairs(request.writes) do
    local position, visibility = 't:' .. write.title, 'v:' .. write.title
    reply[#reply + 1] = held[position]
    reply[#reply + 1] = held[visibility]
    local has_moved = not is_held and accept(held, out, position, write.playhead)
    local has_turned = not is_held and accept(held, out, visibility, write.visibility)
    if has_moved or has_turned then
      local sign = write.is_plain and not is_late and not held['t:*'] and '+' or '~'
      put(request.key, write.title, held[position], held[visibility], sign)
      risen[#risen + 1] = position
    end
    if has_moved and write.title == '*' then break_seals(request.key) end
    if has_moved and string.sub(write.playhead, 25, 25) == 'n' then
      forget_sessions(request.sessions, write.title)
    end
  end
  reply[2] = held['t:*']
  return reply, risen
end

-- The devices that accepted positions name, and that are known.
local function devices_of(key, accepted)
  local devices, has = {}, {}
  for index = 2, #accepted, 2 do
    local hash = string.match(accepted[index], '^[^.]*%.[^.]*%.(%w+)')
    local device = hash and not has[hash] and redis.call('HMGET', key, 'd:' .. hash, 'n:' .. hash)
    if device and device[1] then devices[#devices + 1] = { device[1], device[2] or '' } end
    has[hash or ''] = true
  end
  return #devices > 0 and devices or nil
end

-- For other regions: what was accepted, and the session as the report left it.
local function append_out(request, accepted)
  local report = request.report
  local session = report and session_left(request.sessions, report.session)
  if #accepted == 0 and not session then return end
  tell_regions(KEYS[2 * #ARGV + 5], request.id, {
    w = #accepted > 0 and accepted or nil,
    d = devices_of(request.key, accepted),
    s = session and { session } or nil,
  })
end

local function owe_title(request, field)
  local title = { key = request.key, member = request.id .. '|' .. string.sub(field, 3) }
  owe(sets, title, request.nowMs)
end

local function merge(index)
  local request = request_at(index)
  local held = read_held(request)
  if not holds(request, held) then return { 'conflict' } end
  if held['#f'] then keep_above(request, held['#f']) end
  local report, sessions = request.report, request.sessions
  local known = report and read_session(sessions, report)
  local is_held = report and not request.isFact
    and is_overtaken(sessions, report, known, in_force(held, report.title),
      offered_to(request, report.title), request.nowMs)
  if is_held then append_history(request, known) else append_news(request, held) end
  local is_renamed = remember_device(request, held)
  local played, is_late
  if report then played, is_late = fold_report(sessions, report, known, request.nowMs) end
  local accepted = {}
  local reply, risen = store_writes(request, held, accepted, is_late, is_held)
  for _, field in ipairs(risen) do owe_title(request, field) end
  if out_length_max ~= '0' then
    append_out(request, accepted)
    -- Also what is here already: perhaps it came from another region, which may lose it.
    for place = 1, #accepted, 2 do owe_title(request, accepted[place]) end
  end
  if is_renamed and #risen == 0 then touch(request.key, clean_ttl_ms) end
  if played and 't:' .. played ~= risen[1] then risen[#risen + 1] = 't:' .. played end
  if #risen > 0 then redis.call('SPUBLISH', request.key, table.concat(risen, ',')) end
  return reply
end

--[[ merge: fold one or more requests into their profiles, in the order given; each stands or falls
     alone.
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3] event stream  KEYS[4] out stream
     KEYS[5] generation  KEYS[6] channel of the event stream
     KEYS[7..] three a request: profile, its sessions, its channel
     ARGV[1] TTL of a clean profile (ms)  ARGV[2] TTL of its sessions (ms)  ARGV[3] sessions kept
     ARGV[4] length of the event stream   ARGV[5] length of the out stream
     ARGV[6..] a request: profile id, now (ms), device hash or '', kind and id, name or '', number of
             conditions, writes, transitions and reports; then these, one after the other:
               a condition   title, version, version of the floor
               a write       title, packed playhead or '', packed visibility or ''; one a title
               a transition  title, version, only if before, status letter, entry
               a report      session id, title, sequence (10 digits), state letter or '', has acted
                             (0, 1), received at (ms, 13 digits), silence while playing (ms), silence
                             while paused (ms), longest pause (ms), body
     Returns an array a request: {'merged', floor, then of each write the packed playhead and visibility
             before}, {'conflict'} (nothing was written), or {'failed', message}
     Cost    O(1) a write: at most HMGET, HSET, ZADD, two XADD, SPUBLISH; a report HGET, HSET ]]
-- include register.lua
-- include owed.lua
-- include session.lua

local argv = ARGV
local sets = { dirty = KEYS[1], quarantine = KEYS[2] }
local condition_width, write_width, transition_width, report_width = 3, 3, 5, 10

-- The request that begins behind `at`: its parts stay where they are, and are found by place.
local function request_at(at, first_key)
  local conditions_at = at + 10
  local writes_at = conditions_at + condition_width * argv[at + 6]
  local transitions_at = writes_at + write_width * argv[at + 7]
  local reports_at = transitions_at + transition_width * argv[at + 8]
  return {
    key = KEYS[first_key], sessions = KEYS[first_key + 1], channel = KEYS[first_key + 2],
    id = argv[at + 1], now_ms = argv[at + 2],
    device = argv[at + 3], device_id = argv[at + 4], device_name = argv[at + 5],
    conditions_at = conditions_at, writes_at = writes_at, transitions_at = transitions_at,
    reports_at = reports_at, end_at = reports_at + report_width * argv[at + 9],
  }
end

-- Everything the request is judged by, in one read; what is absent is false.
local function read_held(request)
  local fields, held = { 't:*' }, { ['t:*'] = false }
  local function need(field)
    if held[field] == nil then
      held[field] = false
      fields[#fields + 1] = field
    end
  end
  local function need_titles(first, last, width)
    for at = first, last - 1, width do
      need('t:' .. argv[at])
      need('v:' .. argv[at])
    end
  end
  if request.conditions_at < request.writes_at then need('#h') end
  need_titles(request.conditions_at, request.writes_at, condition_width)
  need_titles(request.writes_at, request.transitions_at, write_width)
  need_titles(request.transitions_at, request.reports_at, transition_width)
  if request.device ~= '' then
    need('d:' .. request.device)
    need('n:' .. request.device)
  end
  local values = redis.call('HMGET', request.key, unpack(fields))
  for index = 1, #fields do held[fields[index]] = values[index] end
  return held
end

-- Whether the versions that a change by hand was decided on are still in force, under a valid mark.
-- What marks are is told in here: making functions is a cost of every call, and conditions are rare.
local function holds(request, held)
  local at = request.conditions_at
  if at == request.writes_at then return true end
-- include mark.lua
  local epoch, generation = identity(KEYS[5])
  local now = { epoch = epoch, generation = generation, ms = request.now_ms }
  if mark_of(held['#h'], now) ~= 'valid' then return false end
  local position, visibility = version(held['t:' .. argv[at]]), version(held['v:' .. argv[at]])
  local in_force = position > visibility and position or visibility
  return in_force == argv[at + 1] and version(held['t:*']) == argv[at + 2]
end

-- Appends what tells something new: the position in force is old enough, or its status another.
local function append_news(request, held)
  local has_news = false
  for at = request.transitions_at, request.reports_at - 1, transition_width do
    local position, floor = held['t:' .. argv[at]], held['t:*']
    if floor and version(position) <= version(floor) then position = floor end
    local before, status = version(position), string.sub(position or '', 25, 25)
    if before < argv[at + 1] and (before < argv[at + 2] or status ~= argv[at + 3]) then
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', argv[4], '*', 'e', argv[at + 4])
      has_news = true
    end
  end
  if has_news then redis.call('SPUBLISH', KEYS[6], '') end
end

-- Stores a register if it rises, and answers whether it did. Every accepted register is added to `out`,
-- also one that is here already: a hydration may have brought it, and no other region has seen it.
local function store(request, held, field, packed, out)
  if packed == '' then return false end
  local before = held[field]
  if before and version(packed) < version(before) then return false end
  out[#out + 1] = field
  out[#out + 1] = packed
  if before and not rises(before, packed) then return false end
  redis.call('HSET', request.key, field, packed)
  held[field] = packed
  return true
end

-- Stores the writes; answers the reply, and the titles that rose.
local function store_writes(request, held)
  local reply, risen, out = { 'merged', false }, {}, {}
  for at = request.writes_at, request.transitions_at - 1, write_width do
    local title, position, visibility = argv[at], 't:' .. argv[at], 'v:' .. argv[at]
    reply[#reply + 1] = held[position]
    reply[#reply + 1] = held[visibility]
    local has_moved = store(request, held, position, argv[at + 1], out)
    local has_turned = store(request, held, visibility, argv[at + 2], out)
    if has_moved or has_turned then risen[#risen + 1] = title end
  end
  reply[2] = held['t:*']
  if #out > 0 then
    redis.call('XADD', KEYS[4], 'MAXLEN', '~', argv[5], '*', 'p', request.id, unpack(out))
  end
  return reply, risen
end

-- Answers whether the device was unknown, or is described differently now.
local function remember_device(request, held)
  if request.device == '' then return false end
  local id_field, name_field = 'd:' .. request.device, 'n:' .. request.device
  if held[id_field] == request.device_id and (held[name_field] or '') == request.device_name then
    return false
  end
  redis.call('HSET', request.key, id_field, request.device_id)
  if request.device_name ~= '' then
    redis.call('HSET', request.key, name_field, request.device_name)
  else
    redis.call('HDEL', request.key, name_field)
  end
  return true
end

local function merge(request)
  local held = read_held(request)
  if not holds(request, held) then return { 'conflict' } end
  append_news(request, held)
  local reply, risen = store_writes(request, held)
  local is_renamed = remember_device(request, held)
  for index = 1, #risen do
    owe(sets, { key = request.key, member = request.id .. '|' .. risen[index] }, request.now_ms)
  end
  if is_renamed and #risen == 0 then touch(request.key, argv[1]) end
  for at = request.reports_at, request.end_at - 1, report_width do
    local title = fold_report(request.sessions, at, request.now_ms)
    if title and title ~= risen[1] then risen[#risen + 1] = title end
  end
  if #risen > 0 then redis.call('SPUBLISH', request.channel, table.concat(risen, ',')) end
  return reply
end

local replies, at = {}, 5
for first_key = 7, #KEYS, 3 do
  local request = request_at(at, first_key)
  local is_done, reply = pcall(merge, request)
  if not is_done then
    reply = { 'failed', type(reply) == 'table' and reply.err or tostring(reply) }
  end
  replies[#replies + 1] = reply
  at = request.end_at - 1
end
return replies

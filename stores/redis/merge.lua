--[[ merge: fold one or more requests into their profiles, in the order given; each stands or falls
     alone.
     KEYS[1] dirty set  KEYS[2] quarantine  KEYS[3] event stream  KEYS[4] out stream
     KEYS[5] generation  KEYS[6] channel of the event stream
     KEYS[7..] three a request: profile, its sessions, its channel
     ARGV[1] TTL of a clean profile (ms)  ARGV[2] TTL of its sessions (ms)  ARGV[3] sessions kept
     ARGV[4] length of the event stream   ARGV[5] length of the out stream
     ARGV[6..] a request: profile id, now (ms), device hash or '', kind and id, name or '', then five
             lists, each behind its length:
               conditions   title, version, version of the floor
               writes       title, packed playhead or '', packed visibility or ''
               transitions  title, version, only if before, status letter, entry
               reports      session id, title, sequence (10 digits), state letter or '', has acted
                            (0, 1), received at (ms, 13 digits), silence while playing (ms), silence
                            while paused (ms), longest pause (ms), body
     Returns an array a request: {'merged', floor, then of each write the packed playhead and visibility
             before}, {'conflict'} (nothing was written), or {'failed', message}
     Cost    O(1) a write: at most HMGET, HSET, ZADD, two XADD, SPUBLISH; a report HGET, HSET, PEXPIRE ]]
-- include register.lua
-- include mark.lua
-- include owed.lua
-- include session.lua

local sets = { dirty = KEYS[1], quarantine = KEYS[2] }
local ttl_ms = ARGV[1]
local cursor = 5

local function take()
  cursor = cursor + 1
  return ARGV[cursor]
end

local function take_list(width)
  local list = {}
  for row = 1, tonumber(take()) do
    list[row] = {}
    for column = 1, width do list[row][column] = take() end
  end
  return list
end

local function take_request(first_key)
  return {
    key = KEYS[first_key], sessions = KEYS[first_key + 1], channel = KEYS[first_key + 2],
    id = take(), now_ms = take(),
    device = take(), device_id = take(), device_name = take(),
    conditions = take_list(3), writes = take_list(3), transitions = take_list(5),
    reports = take_list(10),
  }
end

-- Everything the request is judged by, in one read; absent fields are false.
local function read_held(request)
  local fields = { 't:*', '#h', 'd:' .. request.device, 'n:' .. request.device }
  for _, list in ipairs({ request.conditions, request.writes, request.transitions }) do
    for _, row in ipairs(list) do
      fields[#fields + 1] = 't:' .. row[1]
      fields[#fields + 1] = 'v:' .. row[1]
    end
  end
  local held = {}
  for index, value in ipairs(redis.call('HMGET', request.key, unpack(fields))) do
    held[fields[index]] = value
  end
  return held
end

-- Whether the versions that a change by hand was decided on are still in force, under a valid mark.
local function holds(request, held)
  local condition = request.conditions[1]
  if not condition then return true end
  local epoch, generation = identity(KEYS[5])
  local now = { epoch = epoch, generation = generation, ms = request.now_ms }
  if mark_of(held['#h'], now) ~= 'valid' then return false end
  local position = version(held['t:' .. condition[1]])
  local visibility = version(held['v:' .. condition[1]])
  local in_force = position > visibility and position or visibility
  return in_force == condition[2] and version(held['t:*']) == condition[3]
end

-- A transition tells something new when the position in force is old enough, or its status another.
local function is_news(transition, held)
  local title, its_version, only_if_before, status = unpack(transition)
  local position, floor = held['t:' .. title], held['t:*']
  if floor and version(position) <= version(floor) then position = floor end
  local before = version(position)
  if before >= its_version then return false end
  return before < only_if_before or string.sub(position or '', 25, 25) ~= status
end

local function append_news(request, held)
  local has_news = false
  for _, transition in ipairs(request.transitions) do
    if is_news(transition, held) then
      redis.call('XADD', KEYS[3], 'MAXLEN', '~', ARGV[4], '*', 'e', transition[5])
      has_news = true
    end
  end
  if has_news then redis.call('SPUBLISH', KEYS[6], '') end
end

-- Every accepted register goes out, also one that is here already: a hydration may have brought it,
-- and other regions have not seen it for that.
local function append_out(request, held)
  local registers = {}
  for _, write in ipairs(request.writes) do
    for index, kind in ipairs({ 't:', 'v:' }) do
      local packed = write[index + 1]
      if packed ~= '' and version(packed) >= version(held[kind .. write[1]]) then
        registers[#registers + 1] = kind .. write[1]
        registers[#registers + 1] = packed
      end
    end
  end
  if #registers == 0 then return end
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[5], '*', 'p', request.id, unpack(registers))
end

-- Stores a register if it rises; answers whether it did.
local function store(request, held, register)
  local field, packed = register[1], register[2]
  if not rises(held[field], packed) then return false end
  redis.call('HSET', request.key, field, packed)
  held[field] = packed
  return true
end

-- Stores the writes, of which no two are to one title; answers the registers before, and the titles
-- that rose.
local function store_writes(request, held)
  local before, risen = {}, {}
  for _, write in ipairs(request.writes) do
    local title, position, visibility = unpack(write)
    before[#before + 1] = held['t:' .. title]
    before[#before + 1] = held['v:' .. title]
    local has_moved = store(request, held, { 't:' .. title, position })
    local has_turned = store(request, held, { 'v:' .. title, visibility })
    if has_moved or has_turned then risen[#risen + 1] = title end
  end
  return before, risen
end

-- Answers whether the device was unknown or is described differently now.
local function remember_device(request, held)
  local id_field, name_field = 'd:' .. request.device, 'n:' .. request.device
  if request.device == '' then return false end
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

-- Titles of whose sessions there is news, beside those that rose.
local function fold_reports(request, risen)
  for _, report in ipairs(request.reports) do
    local title = fold_report(request.sessions, report, request.now_ms)
    if title and title ~= risen[1] then risen[#risen + 1] = title end
  end
end

local function merge(request)
  local held = read_held(request)
  if not holds(request, held) then return { 'conflict' } end
  append_news(request, held)
  append_out(request, held)
  local before, risen = store_writes(request, held)
  local is_renamed = remember_device(request, held)
  for _, title in ipairs(risen) do
    owe(sets, { key = request.key, member = request.id .. '|' .. title }, request.now_ms)
  end
  if is_renamed and #risen == 0 then touch(request.key, ttl_ms) end
  fold_reports(request, risen)
  if #risen > 0 then redis.call('SPUBLISH', request.channel, table.concat(risen, ',')) end
  return { 'merged', held['t:*'], unpack(before) }
end

local replies = {}
for first_key = 7, #KEYS, 3 do
  local request = take_request(first_key)
  local is_done, reply = pcall(merge, request)
  if not is_done then
    reply = { 'failed', type(reply) == 'table' and reply.err or tostring(reply) }
  end
  replies[#replies + 1] = reply
end
return replies

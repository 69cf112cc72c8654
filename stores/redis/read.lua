--[[ read: a profile, or some of its titles, with its mark and the identity it was judged by.
     KEYS[1] profile  KEYS[2] its sessions  KEYS[3] generation
     ARGV[1] now (ms)  ARGV[2] incarnation for a profile that has none  ARGV[3] TTL of a clean profile (ms)
     ARGV[4..] titles; none: all
     Returns {epoch, generation, incarnation or '', state of the mark, its length (ms) or '',
             {field, value, …}, {session id, packed session, …}}; fields are t: and v: a title, d: and
             n: a device, and those of the profile itself (#)
     Cost    O(titles asked for), or O(titles of the profile); one INFO; a profile that is not here yet
             two writes ]]
-- include mark.lua

-- The witness that nothing was evicted since: gone with the profile, and with a dropped mark. A Redis
-- that takes no writes answers all the same; no mark is set then.
local function incarnate()
-- include owed.lua
  local is_set = redis.pcall('HSETNX', KEYS[1], '#i', ARGV[2]) == 1
  if is_set then touch(KEYS[1], ARGV[3]) end
  return is_set and ARGV[2] or ''
end

local function get(names)
  local found, values = {}, redis.call('HMGET', KEYS[1], unpack(names))
  for index, value in ipairs(values) do
    if value then
      found[#found + 1] = names[index]
      found[#found + 1] = value
    end
  end
  return found
end

-- The titles asked for, and the devices that their playheads name.
local function read_some()
  local names = { 't:*' }
  for index = 4, #ARGV do
    names[#names + 1] = 't:' .. ARGV[index]
    names[#names + 1] = 'v:' .. ARGV[index]
  end
  local fields, devices = get(names), {}
  for index = 2, #fields, 2 do
    local device = string.match(fields[index], '^[^.]*%.[^.]*%.(%w+)')
    if device then
      devices[#devices + 1] = 'd:' .. device
      devices[#devices + 1] = 'n:' .. device
    end
  end
  if #devices > 0 then
    for _, part in ipairs(get(devices)) do fields[#fields + 1] = part end
  end
  return fields
end

local epoch, generation = identity(KEYS[3])
local mark, incarnation = unpack(redis.call('HMGET', KEYS[1], '#h', '#i'))
local now = { epoch = epoch, generation = generation, ms = ARGV[1] }
local state, length_ms = mark_of(mark, now)
-- A whole profile is handed on as it is: picking its fields apart costs the caller less.
local fields = #ARGV == 3 and redis.call('HGETALL', KEYS[1]) or read_some()
local sessions = redis.call('HGETALL', KEYS[2])
return { epoch, generation, incarnation or incarnate(), state, length_ms, fields, sessions }

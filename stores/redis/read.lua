--[[ read: a profile, or some of its titles, with its mark and the identity it was judged by.
     KEYS[1] profile  KEYS[2] its sessions  KEYS[3] generation
     ARGV[1] now (ms)  ARGV[2..] titles; none: all
     Returns {epoch, generation, state of the mark, its length (ms) or '', {field, value, …},
             {session id, packed session, …}}; fields are t: and v: a title, d: and n: a device
     Cost    O(titles asked for), or O(titles of the profile); one INFO ]]
-- include mark.lua

local function read_all()
  local mark, fields = false, {}
  local all = redis.call('HGETALL', KEYS[1])
  for index = 1, #all, 2 do
    if all[index] == '#h' then
      mark = all[index + 1]
    elseif all[index] ~= '#d' then
      fields[#fields + 1] = all[index]
      fields[#fields + 1] = all[index + 1]
    end
  end
  return mark, fields
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
  for index = 2, #ARGV do
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
  return redis.call('HGET', KEYS[1], '#h'), fields
end

local epoch, generation = identity(KEYS[3])
local mark, fields
if #ARGV == 1 then mark, fields = read_all() else mark, fields = read_some() end
local state, length_ms = mark_of(mark, { epoch = epoch, generation = generation, ms = ARGV[1] })
return { epoch, generation, state, length_ms, fields, redis.call('HGETALL', KEYS[2]) }

--[[ erase: let go of everything of a profile that is not newer than a fence, and keep the fence: its
     floor `t:*`, and `#f`, at which merges and hydrations of before are turned back.
     Given   those of out.lua
     KEYS[1] profile, its name also that of its channel  KEYS[2] its sessions  KEYS[3] dirty set
     KEYS[4] quarantine  KEYS[5] values set aside  KEYS[6] event stream, its name also that of its channel
     KEYS[7] out stream
     ARGV[1] profile id  ARGV[2] now (ms)  ARGV[3] TTL of a clean profile (ms)  ARGV[4] fence (a version)
     ARGV[5] the floor, packed  ARGV[6] length of the stream  ARGV[7] transition for it
     Returns nothing
     Cost    O(titles of the profile + values set aside), and entries of the out stream for a fence that rose ]]
-- include register.lua
-- include owed.lua
-- include title.lua
-- include held.lua
-- include out.lua
local chunk = 1000

local key, id, fence = KEYS[1], ARGV[1], ARGV[4]
local sets = { dirty = KEYS[3], quarantine = KEYS[4] }

-- What is newer stays, with the devices that it names; whatever else there is goes. Answers, for other
-- regions, the fields that stay and their values, and the devices.
local function keep(held)
  redis.call('DEL', key)
  local kept, left, devices, has = {}, {}, {}, {}
  for field, packed in pairs(held) do
    local kind, title = string.match(field, '^([tv]:)(.+)$')
    if kind and title ~= '*' then
      redis.call('ZREM', sets.dirty, id .. '|' .. title)
      redis.call('ZREM', sets.quarantine, id .. '|' .. title)
      if version(packed) > fence then
        redis.call('HSET', key, field, packed)
        left[#left + 1] = field
        left[#left + 1] = packed
        local hash = kind == 't:' and string.match(packed, '^[^.]*%.[^.]*%.(%w+)')
        for _, of in ipairs(hash and { 'd:' .. hash, 'n:' .. hash } or {}) do
          if held[of] then redis.call('HSET', key, of, held[of]) end
        end
        if hash and held['d:' .. hash] and not has[hash] then
          devices[#devices + 1] = { held['d:' .. hash], held['n:' .. hash] or '' }
          has[hash] = true
        end
        kept[title] = true
      end
    end
  end
  -- A title is owed once, whichever of its registers are newer.
  for title in pairs(kept) do owe(sets, { key = key, member = id .. '|' .. title }, ARGV[2]) end
  return left, devices
end

local function forget_aside()
  for _, field in ipairs(redis.call('HKEYS', KEYS[5])) do
    if string.sub(field, 1, #id + 1) == id .. '|' then redis.call('HDEL', KEYS[5], field) end
  end
end

-- Forgets what other regions were told of the profile.
local function forget_accepted()
  local from = '-'
  repeat
    local entries = redis.call('XRANGE', KEYS[7], from, '+', 'COUNT', chunk)
    for _, entry in ipairs(entries) do
      if entry[2][4] == id then redis.call('XDEL', KEYS[7], entry[1]) end
    end
    from = #entries > 0 and '(' .. entries[#entries][1]
  until #entries < chunk
end

local held = read_held(key)
local floor = held['t:*']
local left, devices = keep(held)
local is_floor_newer = floor and version(floor) > fence
redis.call('ZREM', sets.dirty, id .. '|*')
redis.call('ZREM', sets.quarantine, id .. '|*')
redis.call('HSET', key, 't:*', is_floor_newer and floor or ARGV[5])
local has_risen = not held['#f'] or fence > held['#f']
redis.call('DEL', KEYS[2])
touch(key, ARGV[3])
forget_aside()
-- Once a fence: it comes back from those that it was told to, and what they read last must not be gone again.
if has_risen then
  forget_accepted()
  if out_length_max ~= '0' then
    tell_regions(KEYS[7], id, { f = fence })
    -- What stays they may not have read yet.
    if is_floor_newer then
      left[#left + 1] = 't:*'
      left[#left + 1] = floor
    end
    local named = #devices > 0 and devices or nil
    if #left > 0 then tell_regions(KEYS[7], id, { w = left, d = named }) end
  end
end
redis.call('HSET', key, '#f', has_risen and fence or held['#f'])
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'e', ARGV[7])
redis.call('SPUBLISH', KEYS[6], '')
redis.call('SPUBLISH', key, 't:*')

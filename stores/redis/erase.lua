--[[ erase: let go of everything of a profile that is not newer than a fence, and keep the fence: its
     floor `t:*`, and `#f`, at which merges and hydrations of before are turned back.
     KEYS[1] profile, its name also that of its channel  KEYS[2] its sessions  KEYS[3] dirty set
     KEYS[4] quarantine  KEYS[5] values set aside  KEYS[6] event stream, its name also that of its channel
     KEYS[7] its accepted registers for other regions
     ARGV[1] profile id  ARGV[2] now (ms)  ARGV[3] TTL of a clean profile (ms)  ARGV[4] fence (a version)
     ARGV[5] the floor, packed  ARGV[6] length of the stream  ARGV[7] transition for it
     Returns nothing
     Cost    O(titles of the profile + values set aside + accepted registers of the partition) ]]
-- include register.lua
-- include owed.lua
-- include title.lua
-- include held.lua

local key, id, fence = KEYS[1], ARGV[1], ARGV[4]
local sets = { dirty = KEYS[3], quarantine = KEYS[4] }

-- What is newer stays, with the devices that it names; whatever else there is goes.
local function keep(held)
  redis.call('DEL', key)
  local kept = {}
  for field, packed in pairs(held) do
    local kind, title = string.match(field, '^([tv]:)(.+)$')
    if kind and title ~= '*' then
      redis.call('ZREM', sets.dirty, id .. '|' .. title)
      redis.call('ZREM', sets.quarantine, id .. '|' .. title)
      if version(packed) > fence then
        redis.call('HSET', key, field, packed)
        local hash = kind == 't:' and string.match(packed, '^[^.]*%.[^.]*%.(%w+)')
        for _, of in ipairs(hash and { 'd:' .. hash, 'n:' .. hash } or {}) do
          if held[of] then redis.call('HSET', key, of, held[of]) end
        end
        kept[title] = true
      end
    end
  end
  -- A title is owed once, whichever of its registers are newer.
  for title in pairs(kept) do owe(sets, { key = key, member = id .. '|' .. title }, ARGV[2]) end
end

local function forget_aside()
  for _, field in ipairs(redis.call('HKEYS', KEYS[5])) do
    if string.sub(field, 1, #id + 1) == id .. '|' then redis.call('HDEL', KEYS[5], field) end
  end
end

local function forget_accepted()
  for _, entry in ipairs(redis.call('XRANGE', KEYS[7], '-', '+')) do
    if entry[2][2] == id then redis.call('XDEL', KEYS[7], entry[1]) end
  end
end

local held = read_held(key)
local floor = held['t:*']
keep(held)
redis.call('ZREM', sets.dirty, id .. '|*')
redis.call('ZREM', sets.quarantine, id .. '|*')
redis.call('HSET', key, 't:*', floor and version(floor) > fence and floor or ARGV[5])
redis.call('HSET', key, '#f', held['#f'] and held['#f'] > fence and held['#f'] or fence)
redis.call('DEL', KEYS[2])
touch(key, ARGV[3])
forget_aside()
forget_accepted()
redis.call('XADD', KEYS[6], 'MAXLEN', '~', ARGV[6], '*', 'e', ARGV[7])
redis.call('SPUBLISH', KEYS[6], '')
redis.call('SPUBLISH', key, 't:*')

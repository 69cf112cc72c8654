--[[ hydrate: merge what the durable store holds into a profile, mark dirty what is newer here, and set
     the mark, if the profile is still the one that was read: same epoch, generation and incarnation.
     KEYS[1] profile  KEYS[2] dirty set  KEYS[3] quarantine  KEYS[4] generation
     ARGV[1] profile id  ARGV[2] now (ms)  ARGV[3] TTL of a clean profile (ms)
     ARGV[4] length of the mark (ms; 0: none)  ARGV[5] epoch read  ARGV[6] generation read
     ARGV[7] incarnation read
     ARGV[8] number of titles; then of each: title, packed playhead or '', packed visibility or ''
     ARGV[..] devices, three each: hash, kind and id, name or ''
     Returns the titles that rose, each as `t:` and its id
     Cost    O(titles of the profile, here and there); one INFO ]]
-- include register.lua
-- include mark.lua
-- include owed.lua
-- include title.lua
-- include held.lua

local key, profile_id, now_ms = KEYS[1], ARGV[1], ARGV[2]
local sets = { dirty = KEYS[2], quarantine = KEYS[3] }
local title_count = tonumber(ARGV[8])

-- Merges the durable registers in; answers the titles that rose, and what the durable store holds.
local function merge_durable(held)
  local risen, durable = {}, {}
  for first = 9, 8 + 3 * title_count, 3 do
    local title, has_risen = ARGV[first], false
    for offset, kind in ipairs({ 't:', 'v:' }) do
      local field, packed = kind .. title, ARGV[first + offset]
      durable[field] = packed ~= '' and packed
      if rises(held[field], packed) then held[field], has_risen = packed, true end
    end
    if has_risen then
      put(key, title, held['t:' .. title], held['v:' .. title], '~')
      risen[#risen + 1] = 't:' .. title
      if title == '*' then break_seals(key) end
    end
  end
  return risen, durable
end

-- After the merge, a version that differs from the durable one is newer.
local function owe_newer(held, durable)
  for field, packed in pairs(held) do
    local kind, title = string.match(field, '^([tv]:)(.+)$')
    if kind and version(packed) ~= version(durable[field]) then
      owe(sets, { key = key, member = profile_id .. '|' .. title }, now_ms)
    end
  end
end

local function add_devices()
  for first = 9 + 3 * title_count, #ARGV, 3 do
    local hash, device_id, name = ARGV[first], ARGV[first + 1], ARGV[first + 2]
    local is_new = redis.call('HSETNX', key, 'd:' .. hash, device_id) == 1
    if is_new and name ~= '' then redis.call('HSET', key, 'n:' .. hash, name) end
  end
end

local function set_mark()
  local epoch, generation = identity(KEYS[4])
  if ARGV[4] == '0' or epoch ~= ARGV[5] or generation ~= ARGV[6] then return end
  if redis.call('HGET', key, '#i') ~= ARGV[7] then return end
  local until_ms = string.format('%.0f', tonumber(now_ms) + tonumber(ARGV[4]))
  redis.call('HSET', key, '#h', table.concat({ epoch, generation, until_ms, ARGV[4] }, '|'))
end

-- Whether this was read before the durable store knew of the profile's fence.
local function is_of_before(fence)
  if not fence then return false end
  for first = 9, 8 + 3 * title_count, 3 do
    if ARGV[first] == '*' then return version(ARGV[first + 1]) < fence end
  end
  return true
end

local held = read_held(key)
if is_of_before(held['#f']) then return {} end
local risen, durable = merge_durable(held)
owe_newer(held, durable)
add_devices()
set_mark()
touch(key, ARGV[3])
if #risen > 0 then redis.call('SPUBLISH', key, table.concat(risen, ',')) end
return risen

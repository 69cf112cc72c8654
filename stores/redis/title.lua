--[[ title: how the two registers of a title are kept. A part of other scripts (`-- include title.lua`).
     The field `t:` holds a position, `v:` a visibility. The visibility that a session writes when it
     begins, "shown", is folded into its position instead: behind it stand a sign and the visibility's time
     without the leading 1 (12 digits; zeros: there is none); its writer is the position's.
     The sign is ~, or a seal: + or -, of a position that a plain heartbeat wrote. Its title is in progress,
     the device is described in the profile just as that heartbeat said, there is no floor, and with a +
     the title is in the dirty set. Whoever changes any of that breaks the seal, and the next heartbeat
     looks at everything again. A seal too is =, of a position that a plain heartbeat of another region
     wrote (take-in.lua): its device is described in the profile, and there is no fence.
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions split, put, break_seals, seal_settled
     Cost    put: HSET and HDEL; seal_settled: HSET; break_seals: HGETALL, for what happens seldom ]]
local folded = '^(%w+%.%w*%.%w*)([~+=-])(%d%d%d%d%d%d%d%d%d%d%d%d)$'
local nothing_shown = '000000000000'

-- Position and visibility, each as the domain packs it, of what the two fields hold.
local function split(position, visibility)
  local bare, _, shown = string.match(position or '', folded)
  if not bare then return position, visibility end
  if not visibility and shown ~= nothing_shown then
    visibility = '1' .. shown .. string.sub(bare, 14, 24) .. 'v'
  end
  return bare, visibility
end

-- Both in one, or nil: a hidden title, another writer, or fields of a later release.
local function fold(position, visibility, sign)
  if not string.find(position, '^%w+%.%w*%.%w*$') then return nil end
  if not visibility then return sign == '~' and position or position .. sign .. nothing_shown end
  local first, shown, writer = string.match(visibility, '^(.)(............)(...........)v$')
  if first ~= '1' or writer ~= string.sub(position, 14, 24) then return nil end
  return position .. sign .. shown
end

-- Stores both registers, false where there is none.
local function put(key, title, position, visibility, sign)
  local both = position and fold(position, visibility, sign)
  if not both then
    if position then redis.call('HSET', key, 't:' .. title, position) end
    if visibility then redis.call('HSET', key, 'v:' .. title, visibility) end
    return
  end
  redis.call('HSET', key, 't:' .. title, both)
  if visibility then redis.call('HDEL', key, 'v:' .. title) end
end

-- Breaks every seal of a profile.
local function break_seals(key)
  local all = redis.call('HGETALL', key)
  for index = 1, #all, 2 do
    local is_position = string.sub(all[index], 1, 2) == 't:'
    local bare, sign, shown = string.match(is_position and all[index + 1] or '', folded)
    if bare and sign ~= '~' then
      redis.call('HSET', key, all[index], shown == nothing_shown and bare or bare .. '~' .. shown)
    end
  end
end

-- The title has left the dirty set: the next heartbeat must put it there again.
local function seal_settled(key, field, position)
  local bare, sign, shown = string.match(position or '', folded)
  if sign == '+' then redis.call('HSET', key, field, bare .. '-' .. shown) end
end

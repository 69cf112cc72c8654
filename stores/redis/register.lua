--[[ register: how packed registers compare. A part of other scripts (`-- include register.lua`).
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions version, rises
     Cost    O(1); a version is compared as a string and never becomes a number: 24 digits do not fit ]]
local version_length = 24
local version_zero = string.rep('0', version_length)

-- The version of a packed register; zero when there is none.
local function version(packed)
  return packed and string.sub(packed, 1, version_length) or version_zero
end

-- Byte by byte: Lua's own comparison follows the collation of the server's locale.
local function is_larger(left, right)
  for index = 1, math.min(#left, #right) do
    local difference = string.byte(left, index) - string.byte(right, index)
    if difference ~= 0 then return difference > 0 end
  end
  return #left > #right
end

-- Whether `new` takes the place of `old`: the larger version, of equal versions the larger value.
local function rises(old, new)
  if new == '' then return false end
  if not old then return true end
  local old_version, new_version = version(old), version(new)
  if old_version ~= new_version then return new_version > old_version end
  return old ~= new and is_larger(new, old)
end

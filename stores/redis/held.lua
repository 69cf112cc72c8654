--[[ held: what a profile's hash holds, by field; of a title, each register under its own, unfolded. A part
     of other scripts, after title.lua (`-- include held.lua`).
     KEYS    none of its own
     ARGV    none of its own
     Returns the function read_held
     Cost    O(titles of the profile): HGETALL ]]
local function read_held(key)
  local held, all = {}, redis.call('HGETALL', key)
  for index = 1, #all, 2 do held[all[index]] = all[index + 1] end
  for index = 1, #all, 2 do
    local title = string.match(all[index], '^t:(.+)$')
    if title then
      held['t:' .. title], held['v:' .. title] = split(all[index + 1], held['v:' .. title])
    end
  end
  return held
end

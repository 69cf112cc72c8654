--[[ out: what a step left here, for other regions. A part of other scripts (`-- include out.lua`). Every
     entry has three fields, so that a stream's node holds only their values:
     g  greeting: `region|format|partitions`
     p  profile id
     b  a plain heartbeat as it came (merge.lua), or JSON, all of it texts, each part only if there is any:
        w [field, packed register, field, …]  d [[kind and id, name or ''], …]  s sessions  f fence
        A session is [id, and its fields as session.lua keeps them: of the id itself, .t, .d, .n, .a, .o,
        .v, .k, .m; false where there is none].
     Given   greeting, out_length_max (0: no other region wants to know)
     KEYS    none of its own
     ARGV    none of its own
     Returns the functions tell_regions, session_left
     Cost    tell_regions: one XADD; session_left: one HMGET ]]
local function tell_regions(out_key, id, body)
  redis.call('XADD', out_key, 'MAXLEN', '~', out_length_max, '*',
    'g', greeting, 'p', id, 'b', cjson.encode(body))
end

-- A session as it is now; nil when it is not known, or cannot be read.
local function session_left(key, id)
  local left = redis.call('HMGET', key, id, id .. '.t', id .. '.d', id .. '.n', id .. '.a',
    id .. '.o', id .. '.v', id .. '.k', id .. '.m')
  if not (left[1] and left[2] and left[3] and string.find(left[1], '^[PABS]')) then return nil end
  table.insert(left, 1, id)
  return left
end

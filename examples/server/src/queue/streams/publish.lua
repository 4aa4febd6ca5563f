-- Puts entries into the stream, each once for each time the store handed it out.
-- KEYS: the stream, the hash of what is in it. ARGV: the bound, the group, then per entry: number, generation, payload.
-- Answers how many more would fit, then per entry 1 (it is in the stream) or 0 (no room).
local free = tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1])
local answer = { 0 }

-- A stream id as two numbers, which compare exactly.
local function parts(id)
  local time, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(time), tonumber(sequence)
end

-- Where the group stands; the start where there is no group yet.
local function delivered()
  local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
  for _, fields in ipairs(groups) do
    local named = {}
    for i = 1, #fields, 2 do
      named[fields[i]] = fields[i + 1]
    end
    if named['name'] == ARGV[2] then
      return parts(named['last-delivered-id'])
    end
  end
  return 0, 0
end

-- Whether a worker will get the entry, or has it. One that was delivered and that nobody has is lost to all of them:
-- somebody may have removed a consumer with what it had in hand.
local function reachable(id)
  if #redis.call('XRANGE', KEYS[1], id, id) == 0 then
    return false
  end
  local time, sequence = parts(id)
  local last_time, last_sequence = delivered()
  if time > last_time or (time == last_time and sequence > last_sequence) then
    return true
  end
  local pending = redis.pcall('XPENDING', KEYS[1], ARGV[2], id, id, 1)
  return not pending.err and #pending == 1
end

for i = 3, #ARGV, 3 do
  local entry, generation = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', KEYS[2], entry)
  local there = false
  if known then
    local known_generation, id = string.match(known, '^([^:]+):(.+)$')
    if known_generation == generation then
      -- The hash alone proves nothing.
      there = reachable(id)
      if not there then
        free = free + redis.call('XDEL', KEYS[1], id)
      end
    end
  end
  if not there and free > 0 then
    local id = redis.call('XADD', KEYS[1], '*', 'entry', entry, 'generation', generation, 'payload', ARGV[i + 2])
    redis.call('HSET', KEYS[2], entry, generation .. ':' .. id)
    free = free - 1
    there = true
  end
  answer[#answer + 1] = there and 1 or 0
end
answer[1] = free > 0 and free or 0
return answer

-- Lends entries to a consumer: first those that another one left lying, then new ones.
-- KEYS: the stream. ARGV: group, consumer, how many, milliseconds after which an entry was left lying.
-- Answers five texts per entry: stream id, times lent, number, generation, payload.
local stream, group, consumer = KEYS[1], ARGV[1], ARGV[2]
local left = tonumber(ARGV[3])
local answer = {}

local function push(id, times, fields)
  local named = {}
  for i = 1, #fields, 2 do
    named[fields[i]] = fields[i + 1]
  end
  for _, text in ipairs({ id, tostring(times), named.entry or '', named.generation or '', named.payload or '' }) do
    answer[#answer + 1] = text
  end
  left = left - 1
end

local stalled = redis.pcall('XPENDING', stream, group, 'IDLE', ARGV[4], '-', '+', left)
if stalled.err then
  if string.sub(stalled.err, 1, 7) ~= 'NOGROUP' then
    return stalled
  end
  -- Made when it is missing only: with its memory full, Redis refuses to make one, and lends all the same.
  redis.call('XGROUP', 'CREATE', stream, group, '0', 'MKSTREAM')
  stalled = {}
end
for _, pending in ipairs(stalled) do
  local id, times = pending[1], pending[4]
  local claimed = redis.call('XCLAIM', stream, group, consumer, ARGV[4], id)
  if claimed[1] then
    push(id, times + 1, claimed[1][2])
  else
    redis.call('XACK', stream, group, id)
  end
end
if left > 0 then
  local fresh = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', left, 'STREAMS', stream, '>')
  if fresh then
    for _, entry in ipairs(fresh[1][2]) do
      push(entry[1], 1, entry[2])
    end
  end
end
return answer

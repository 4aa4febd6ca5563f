-- Removes consumers of replicas that are long gone and have nothing in hand.
-- KEYS: the stream. ARGV: group, milliseconds after which one without a sign is gone.
local consumers = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
local gone = 0
if consumers.err then
  return gone
end
for _, fields in ipairs(consumers) do
  local named = {}
  for i = 1, #fields, 2 do
    named[fields[i]] = fields[i + 1]
  end
  if named['pending'] == 0 and named['idle'] > tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], named['name'])
    gone = gone + 1
  end
end
return gone

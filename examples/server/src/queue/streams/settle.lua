-- Ends an entry of the stream: the store has it as done, put off or given up.
-- KEYS: the stream, the hash of what is in it. ARGV: group, stream id, number, generation.
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
if redis.call('HGET', KEYS[2], ARGV[3]) == ARGV[4] .. ':' .. ARGV[2] then
  redis.call('HDEL', KEYS[2], ARGV[3])
end
return 1

-- A replica says that it is alive, and hears how many are. KEYS: the replicas by when they last said so, in
-- microseconds; ARGV: the replica's id, how long one counts.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local life = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - life))
-- From before the clock went back.
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('%.0f', now + life), '+inf')
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', 2 * life / 1000))
return redis.call('ZCARD', KEYS[1])

-- Takes back what one tier counted: KEYS[1]; ARGV: algorithm, time of one request in microseconds, how much, and the time at which
-- it was counted. What of it is over by now doesn't come back.
local amount, mark = tonumber(ARGV[3]), tonumber(ARGV[4])
if ARGV[1] == 'gcra' then
  local time = redis.call('TIME')
  local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
  local paid, ttl = tonumber(redis.call('GET', KEYS[1]) or nil), redis.call('PTTL', KEYS[1])
  -- As if it had been paid first: else whoever is slow could take back what others owe since.
  local unpaid = tonumber(ARGV[2]) * amount - math.max(now - mark, 0)
  if paid and ttl > 0 and unpaid > 0 then
    redis.call('SET', KEYS[1], string.format('%.0f', paid - unpaid), 'PX', string.format('%.0f', ttl))
  end
else
  redis.call('LREM', KEYS[1], -amount, string.format('%.0f', mark))
end
return 1

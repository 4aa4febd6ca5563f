-- Takes back what was counted last in one tier: KEYS[1]; ARGV: algorithm, time of one request in microseconds, how much.
if ARGV[1] == 'gcra' then
  local paid = tonumber(redis.call('GET', KEYS[1]) or nil)
  if paid then
    -- A time that is over owes nothing, and its key goes by itself.
    redis.call('SET', KEYS[1], string.format('%.0f', paid - tonumber(ARGV[2]) * tonumber(ARGV[3])), 'KEEPTTL')
  end
else
  redis.call('LTRIM', KEYS[1], 0, -1 - tonumber(ARGV[3]))
end
return 1

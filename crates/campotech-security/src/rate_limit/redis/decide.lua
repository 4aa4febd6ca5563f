-- One decision over the tiers of one key: KEYS, and for each of them in ARGV its algorithm, limit,
-- time (gcra: of one request, log: of the window), whether it refuses, what the request costs, how much may be taken at
-- most, and what is owed: what passed while nobody could ask. Times are in microseconds.
-- Answers for each tier: whether it had room, what remains, how long until there is more, how much was taken, and when.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
-- The logic forgets what is over, to the microsecond; a key only goes when it surely is.
local SLACK = 1000

-- What nearly every question is: one smooth tier that nothing is owed to. No table and no function is made for it.
if #KEYS == 1 and ARGV[1] == 'gcra' and ARGV[7] == '0' then
  local paid = tonumber(redis.call('GET', KEYS[1]) or 0)
  if not paid or paid ~= paid then paid = 0 end
  local limit, interval, cost = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[5])
  local burst, debt = limit * interval, paid > now and paid - now or 0
  -- More than a burst is remitted below.
  if debt <= burst then
    local room = burst - debt
    local remaining = math.floor(room / interval)
    if remaining < cost then
      return { 0, remaining, cost > limit and burst or interval * cost - room, 0, now }
    end
    local taken = math.min(remaining, tonumber(ARGV[6]))
    if taken > 0 then
      debt, room, remaining = debt + interval * taken, room - interval * taken, remaining - taken
      local ttl = math.ceil(debt / 1000) + SLACK
      redis.call('SET', KEYS[1], string.format('%.0f', now + debt), 'PX', string.format('%.0f', ttl))
    end
    return { 1, remaining, debt == 0 and 0 or interval - room % interval, taken, now }
  end
end

local function number(value)
  local read = tonumber(value or 0)
  if read and read == read then return read end
  return 0
end

-- How many of the log's first entries are not after `bound`.
local function until_bound(key, size, bound)
  local low, high = 0, size
  while low < high do
    local middle = math.floor((low + high) / 2)
    if number(redis.call('LINDEX', key, middle)) <= bound then low = middle + 1 else high = middle end
  end
  return low
end

local function owe(tier, debt)
  tier.debt, tier.room = debt, tier.limit * tier.time - debt
  tier.remaining = math.floor(tier.room / tier.time)
end

local function keep_debt(tier)
  local ttl = math.ceil(tier.debt / 1000) + SLACK
  redis.call('SET', tier.key, string.format('%.0f', now + tier.debt), 'PX', string.format('%.0f', ttl))
end

local function look_gcra(tier)
  local burst = tier.limit * tier.time
  local debt = math.max(number(redis.call('GET', tier.key)) - now, 0) + tier.owed * tier.time
  owe(tier, math.min(debt, burst))
  -- More than a burst is owed where the quota was another, or the clock went back: it is remitted for good.
  if debt > burst or tier.owed > 0 then keep_debt(tier) end
end

local function take_gcra(tier)
  owe(tier, tier.debt + tier.time * tier.taken)
  keep_debt(tier)
end

local function wait_gcra(tier)
  if not tier.fits then
    if tier.cost > tier.limit then return tier.time * tier.limit end
    return tier.time * tier.cost - tier.room
  end
  if tier.debt == 0 then return 0 end
  return tier.time - tier.room % tier.time
end

local function keep_log(tier)
  redis.call('PEXPIRE', tier.key, string.format('%.0f', tier.time / 1000 + SLACK))
end

local function look_log(tier)
  local key, size = tier.key, redis.call('LLEN', tier.key)
  if size > 0 and number(redis.call('LINDEX', key, -1)) > now then
    -- The clock went back. What was counted after now happened before it.
    local past = until_bound(key, size, now)
    if past == 0 then redis.call('DEL', key) else redis.call('LTRIM', key, 0, past - 1) end
    for _ = past + 1, size do redis.call('RPUSH', key, string.format('%.0f', now)) end
    keep_log(tier)
  end
  if size > 0 and number(redis.call('LINDEX', key, 0)) <= now - tier.time then
    local over = until_bound(key, size, now - tier.time)
    redis.call('LTRIM', key, over, -1)
    size = size - over
  end
  if tier.owed > 0 then
    for _ = 1, math.min(tier.owed, tier.limit) do redis.call('RPUSH', key, string.format('%.0f', now)) end
    redis.call('LTRIM', key, -tier.limit, -1)
    keep_log(tier)
    size = math.min(size + tier.owed, tier.limit)
  end
  tier.size, tier.remaining = size, math.max(tier.limit - size, 0)
end

local function take_log(tier)
  for _ = 1, tier.taken do redis.call('RPUSH', tier.key, string.format('%.0f', now)) end
  keep_log(tier)
  tier.size, tier.remaining = tier.size + tier.taken, tier.remaining - tier.taken
end

local function wait_log(tier)
  if not tier.fits and tier.cost > tier.limit then return tier.time end
  if tier.size == 0 then return 0 end
  -- As many have to go as the request is over the limit; of more than the limit, where it was larger, the surplus too.
  local needed = tier.fits and 1 or tier.cost
  local next_over = math.max(tier.size + needed - tier.limit - 1, 0)
  return number(redis.call('LINDEX', tier.key, next_over)) + tier.time - now
end

local tiers, refused = {}, false
for i = 1, #KEYS do
  local at = (i - 1) * 7
  local tier = { key = KEYS[i], gcra = ARGV[at + 1] == 'gcra', limit = tonumber(ARGV[at + 2]), time = tonumber(ARGV[at + 3]) }
  tier.cost, tier.taken, tier.owed = tonumber(ARGV[at + 5]), 0, tonumber(ARGV[at + 7])
  if tier.gcra then look_gcra(tier) else look_log(tier) end
  tier.fits = tier.remaining >= tier.cost
  if not tier.fits and ARGV[at + 4] == '1' then refused = true end
  tier.wanted = math.min(tier.remaining, tonumber(ARGV[at + 6]))
  tiers[i] = tier
end

local answer = {}
for _, tier in ipairs(tiers) do
  if tier.fits and tier.wanted > 0 and not refused then
    tier.taken = tier.wanted
    if tier.gcra then take_gcra(tier) else take_log(tier) end
  end
  answer[#answer + 1] = tier.fits and 1 or 0
  answer[#answer + 1] = tier.remaining
  answer[#answer + 1] = tier.gcra and wait_gcra(tier) or wait_log(tier)
  answer[#answer + 1] = tier.taken
  answer[#answer + 1] = now
end
return answer

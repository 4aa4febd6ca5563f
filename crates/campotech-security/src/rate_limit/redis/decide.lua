-- One decision over the tiers of one client: KEYS, and for each of them in ARGV its algorithm, limit,
-- time (gcra: of one request, log: of the window) and whether it refuses. Times are in microseconds.
-- Answers for each tier: whether it had room, what remains, how long until there is more.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
-- The logic forgets what is over, to the microsecond; a key only goes when it surely is.
local SLACK = 1000

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
  local debt = math.max(number(redis.call('GET', tier.key)) - now, 0)
  owe(tier, math.min(debt, burst))
  -- More than a burst is owed where the quota was another, or the clock went back: it is remitted for good.
  if debt > burst then keep_debt(tier) end
end

local function take_gcra(tier)
  owe(tier, tier.debt + tier.time)
  keep_debt(tier)
end

local function wait_gcra(tier)
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
  tier.size, tier.remaining = size, math.max(tier.limit - size, 0)
end

local function take_log(tier)
  redis.call('RPUSH', tier.key, string.format('%.0f', now))
  keep_log(tier)
  tier.size, tier.remaining = tier.size + 1, tier.remaining - 1
end

local function wait_log(tier)
  if tier.size == 0 then return 0 end
  -- Of more than the limit, where it was larger, the surplus has to go too.
  local next_over = math.max(tier.size - tier.limit, 0)
  return number(redis.call('LINDEX', tier.key, next_over)) + tier.time - now
end

local tiers, refused = {}, false
for i = 1, #KEYS do
  local at = (i - 1) * 4
  local tier = { key = KEYS[i], gcra = ARGV[at + 1] == 'gcra', limit = tonumber(ARGV[at + 2]), time = tonumber(ARGV[at + 3]) }
  if tier.gcra then look_gcra(tier) else look_log(tier) end
  tier.fits = tier.remaining > 0
  if not tier.fits and ARGV[at + 4] == '1' then refused = true end
  tiers[i] = tier
end

local answer = {}
for _, tier in ipairs(tiers) do
  if tier.fits and not refused then
    if tier.gcra then take_gcra(tier) else take_log(tier) end
  end
  answer[#answer + 1] = tier.fits and 1 or 0
  answer[#answer + 1] = tier.remaining
  answer[#answer + 1] = tier.gcra and wait_gcra(tier) or wait_log(tier)
end
return answer

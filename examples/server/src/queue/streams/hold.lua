-- Says of an entry that its consumer is still at it, or gives it back to be lent again soon. Nothing happens where another
-- one has it by now.
-- KEYS: the stream. ARGV: group, consumer, stream id, milliseconds that it counts as idle, and to give it back: the times it
-- was lent before (the store was away, the message is not to blame).
local mine = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2])
if #mine == 0 then
  return 0
end
local claim = { 'XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[3], 'IDLE', ARGV[4] }
if ARGV[5] then
  claim[#claim + 1] = 'RETRYCOUNT'
  claim[#claim + 1] = ARGV[5]
end
claim[#claim + 1] = 'JUSTID'
redis.call(unpack(claim))
return 1

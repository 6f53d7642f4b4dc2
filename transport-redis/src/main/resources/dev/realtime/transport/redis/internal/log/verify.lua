-- Looks for a position that was acknowledged or heard, and begins a new epoch if it is missing and nobody was told.
--
-- ARGV[5] epoch, ARGV[6] offset, ARGV[7] check of the position, ARGV[8] how long ago that was, in microseconds
-- ARGV[9] the channel to wake
-- Answers the epoch, and 1 if it began now

local log = open_log()
local same_epoch = ARGV[5] == log.epoch
local offset = tonumber(ARGV[6])

local function is_missing()
  if offset == 0 then
    return false
  elseif offset > log.head then
    return true
  elseif offset < log.trimmed then
    -- Whoever stands below the floor is told so.
    return not same_epoch
  end
  return check_at(log, offset) ~= ARGV[7]
end

-- What is missing of an earlier epoch was told when this one began, unless it came later: from a primary that did not
-- know that it was one no more. A clock that went back tells nothing.
local function is_untold()
  local now = now_micros()
  return same_epoch or now < log.begun or now - tonumber(ARGV[8]) > log.begun
end

if is_missing() and is_untold() then
  begin_epoch(log)
  redis.call('PUBLISH', ARGV[9], text(log.head))
  return { log.epoch, 1 }
end
return { log.epoch, 0 }

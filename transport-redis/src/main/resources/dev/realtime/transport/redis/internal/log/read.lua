-- Reads after a position, or only says what the log holds.
--
-- ARGV[5] epoch, ARGV[6] offset, ARGV[7] check of the position; without them: the range only, and the meta lives on
-- ARGV[8] at most so many entries, ARGV[9] and no more once there are so many bytes of payload
-- Answers epoch, head, check, trimmed, trimmed_check, verdict, and if that is 'entries', flat and in order for each:
--         check, id, event, topic, timestamp, users, payload, logged at

local log = open_log()
local answer = { log.epoch, log.head, log.check, log.trimmed, log.trimmed_check, 'range' }
if not ARGV[5] then
  redis.pcall('PEXPIRE', KEYS[1], ARGV[2])
  return answer
end

local after = tonumber(ARGV[6])

local function verdict()
  if ARGV[5] ~= log.epoch then
    return 'epoch_changed'
  elseif after > log.head then
    return 'ahead'
  elseif after < log.trimmed then
    return 'trimmed'
  end
  return check_at(log, after) == ARGV[7] and 'entries' or 'epoch_changed'
end

-- Pages grow while payloads are small, so that a few large ones do not fill the memory.
local function add_entries()
  local left = math.min(tonumber(ARGV[8]), log.head - after)
  local bytes, limit, count = 0, tonumber(ARGV[9]), 4
  while left > 0 and bytes < limit do
    count = math.min(count * 2, left, 256)
    local page = redis.call('XRANGE', KEYS[2], '0-' .. text(after + 1), '+', 'COUNT', count)
    if #page == 0 then
      return false
    end
    for i = 1, #page do
      after = after + 1
      if page[i][1] ~= '0-' .. text(after) then
        return false
      end
      local values = page[i][2]
      for v = 2, 16, 2 do
        answer[#answer + 1] = values[v]
      end
      bytes = bytes + #values[14]
      left = left - 1
      if bytes >= limit then
        break
      end
    end
  end
  return true
end

answer[6] = verdict()
if answer[6] == 'entries' and not add_entries() then
  -- Somebody else has taken entries out of the stream.
  answer = { answer[1], answer[2], answer[3], answer[4], answer[5], 'epoch_changed' }
end
return answer

-- Appends publications, each all or none, in this order, and wakes whoever follows the organisation.
--
-- KEYS[4…]   the id key of every event: "<epoch> <offset> <hash of the body>", living for the window
-- ARGV[5]    the channel to wake
-- ARGV[6]    the window, in milliseconds
-- ARGV[7]    how many publications, then the number of events of each,
--            then for every event: hash of the body, check, id, event, topic, timestamp, users, payload
-- Answers    the epoch, then for each publication its offsets, or the number of the event (from 1) whose id the log
--            has with another body

local FIELDS = 8
local MARKS_PER_WINDOW = 64

local log = open_log()
local now = now_micros()
local window = tonumber(ARGV[6]) * 1000

local function trim()
  if log.head > log.trimmed then
    redis.call('RPUSH', KEYS[3], text(log.at) .. ' ' .. text(log.head) .. ' ' .. log.check)
  end
  log.marked = now
  local cut, cut_check = 0, nil
  local mark = redis.call('LINDEX', KEYS[3], 0)
  while mark do
    local at, offset, check = string.match(mark, '^(%d+) (%d+) (%w+)$')
    if tonumber(at) > now - window then
      break
    end
    cut, cut_check = tonumber(offset), check
    redis.call('LPOP', KEYS[3])
    mark = redis.call('LINDEX', KEYS[3], 0)
  end
  if cut > log.trimmed then
    redis.call('XTRIM', KEYS[2], 'MINID', '0-' .. text(cut + 1))
    log.trimmed, log.trimmed_check = cut, cut_check
  end
end

local function append(key, field)
  log.head = log.head + 1
  log.check = ARGV[field + 1]
  log.at = now
  redis.call('XADD', KEYS[2], '0-' .. text(log.head), 'check', log.check, 'id', ARGV[field + 2],
    'event', ARGV[field + 3], 'topic', ARGV[field + 4], 'ts', ARGV[field + 5], 'users', ARGV[field + 6],
    'payload', ARGV[field + 7], 'at', text(now))
  redis.call('SET', key, log.epoch .. ' ' .. text(log.head) .. ' ' .. ARGV[field], 'PX', ARGV[6])
  return log.head
end

-- The offset of an event the log has, or nil; and whether it has it with another body. What was known before the epoch
-- began is known still, if the log has it.
local function known(key, hash, id)
  local value = redis.call('GET', key)
  if not value then
    return nil, false
  end
  local epoch, offset, held = string.match(value, '^(%S+) (%d+) (%w+)$')
  if epoch ~= log.epoch then
    local entry = redis.call('XRANGE', KEYS[2], '0-' .. offset, '0-' .. offset)[1]
    if not entry or entry[2][4] ~= id then
      return nil, false
    end
  end
  return tonumber(offset), held ~= hash
end

local before = log.head
local trimming = now - log.marked >= window / MARKS_PER_WINDOW
if trimming then
  trim()
end

local answer = { log.epoch }
local publications = tonumber(ARGV[7])
local key = 4
local field = 8 + publications
for publication = 1, publications do
  local events = tonumber(ARGV[7 + publication])
  local offsets, conflict = {}, nil
  for i = 1, events do
    local offset, differs = known(KEYS[key + i - 1], ARGV[field + (i - 1) * FIELDS], ARGV[field + (i - 1) * FIELDS + 2])
    if differs then
      conflict = i
      break
    end
    offsets[i] = offset or false
  end
  if not conflict then
    for i = 1, events do
      offsets[i] = offsets[i] or append(KEYS[key + i - 1], field + (i - 1) * FIELDS)
    end
  end
  answer[1 + publication] = conflict or offsets
  key = key + events
  field = field + events * FIELDS
end

if trimming or log.head > before then
  redis.call('HSET', KEYS[1], 'head', text(log.head), 'check', log.check, 'trimmed', text(log.trimmed),
    'trimmed_check', log.trimmed_check, 'at', text(log.at), 'marked', text(log.marked))
end
if log.head > before then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[2], ARGV[6])
  redis.call('PEXPIRE', KEYS[3], ARGV[6])
  redis.call('PUBLISH', ARGV[5], text(log.head))
end
return answer

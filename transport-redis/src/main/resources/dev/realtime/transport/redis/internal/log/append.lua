-- Appends publications, each all or none, in this order, and wakes whoever follows the organisation. An error leaves
-- nothing behind that a reader sees: the head moves last, and before the first entry is added each kind of command has been
-- tried that the user may lack the right to. What is left of it, an id key, is taken for nothing.
--
-- KEYS[4…]   the id key of every event: "<epoch> <offset> <hash of the body>", living for the window
-- ARGV[5]    the channel to wake
-- ARGV[6]    the window, in milliseconds
-- ARGV[7]    how many publications, then the number of events of each, then for each the time (in microseconds, by this
--            server's clock) from which on nothing new of it is appended: an earlier attempt's ids may have expired by then
--            then for every event: hash of the body, check, id, event, topic, timestamp, users, payload
-- Answers    the epoch, the time, then for each publication: its offsets; or the number of the event (from 1) whose id
--            the log has with another body; or 'late'; or after a blank why its ids cannot be looked up

local FIELDS = 8
local MARKS_PER_WINDOW = 64

local log = open_log()
local now = now_micros()
local window = tonumber(ARGV[6]) * 1000

local function save()
  redis.call('HSET', KEYS[1], 'head', text(log.head), 'check', log.check, 'trimmed', text(log.trimmed),
    'trimmed_check', log.trimmed_check, 'at', text(log.at), 'marked', text(log.marked))
end

-- What is refused here is tried again by the next append: it is marked as done last.
local function trim()
  if log.head > log.trimmed then
    redis.call('RPUSH', KEYS[3], text(log.at) .. ' ' .. text(log.head) .. ' ' .. log.check)
  end
  local mark = redis.call('LINDEX', KEYS[3], 0)
  while mark do
    local at, offset, check = string.match(mark, '^(%d+) (%d+) (%w+)$')
    if tonumber(at) > now - window then
      break
    end
    if tonumber(offset) > log.trimmed then
      log.trimmed, log.trimmed_check = tonumber(offset), check
    end
    redis.call('LPOP', KEYS[3])
    mark = redis.call('LINDEX', KEYS[3], 0)
  end
  save()
  redis.call('XTRIM', KEYS[2], 'MINID', '0-' .. text(log.trimmed + 1))
  log.marked = now
  save()
end

-- What this call appends: where the fields of each event begin; and by id key its offset and the hash of its body.
local added, fresh = {}, {}

local function id_at(offset)
  local entry = redis.call('XRANGE', KEYS[2], '0-' .. text(offset), '0-' .. text(offset))[1]
  return entry and entry[2][4]
end

-- The offset of an event the log has, or nil; whether it has it with another body; and why that cannot be said. An id key
-- counts only if the log has the event: it may be left of an append that failed, or of an earlier epoch, whose tail is
-- lost. Of this epoch, what has been trimmed was there.
local function known(key, field)
  if fresh[key] then
    return fresh[key].offset, fresh[key].hash ~= ARGV[field], nil
  end
  local value = redis.pcall('GET', key)
  if type(value) == 'table' then
    return nil, false, value.err
  elseif not value then
    return nil, false, nil
  end
  local epoch, offset, held = string.match(value, '^(%S+) (%d+) (%w+)$')
  if not epoch then
    return nil, false, 'WRONGTYPE'
  end
  offset = tonumber(offset)
  local trimmed = epoch == log.epoch and offset <= log.trimmed
  if not trimmed and (offset > log.head or id_at(offset) ~= ARGV[field + 2]) then
    return nil, false, nil
  end
  return offset, held ~= ARGV[field], nil
end

local first = log.head

local function add(key, field)
  local offset = first + #added + 1
  redis.call('SET', key, log.epoch .. ' ' .. text(offset) .. ' ' .. ARGV[field], 'PX', ARGV[6])
  added[#added + 1] = field
  fresh[key] = { offset = offset, hash = ARGV[field] }
  return offset
end

if now - log.marked >= window / MARKS_PER_WINDOW then
  trim()
end

local publications = tonumber(ARGV[7])
local answer = { log.epoch, text(now) }
local key = 4
local field = 8 + 2 * publications

local function publish(events, deadline)
  local offsets, unknown = {}, 0
  for i = 1, events do
    local offset, differs, refusal = known(KEYS[key + i - 1], field + (i - 1) * FIELDS)
    if refusal then
      return ' ' .. refusal
    elseif differs then
      return i
    end
    offsets[i] = offset or false
    unknown = unknown + (offset and 0 or 1)
  end
  if unknown > 0 and now >= deadline then
    return 'late'
  end
  for i = 1, events do
    offsets[i] = offsets[i] or add(KEYS[key + i - 1], field + (i - 1) * FIELDS)
  end
  return offsets
end

for publication = 1, publications do
  local events = tonumber(ARGV[7 + publication])
  answer[2 + publication] = publish(events, tonumber(ARGV[7 + publications + publication]))
  key = key + events
  field = field + events * FIELDS
end

if #added > 0 then
  save()
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  for i = 1, #added do
    local at = added[i]
    redis.call('XADD', KEYS[2], '0-' .. text(first + i), 'check', ARGV[at + 1], 'id', ARGV[at + 2],
      'event', ARGV[at + 3], 'topic', ARGV[at + 4], 'ts', ARGV[at + 5], 'users', ARGV[at + 6],
      'payload', ARGV[at + 7], 'at', text(now))
  end
  log.head = first + #added
  log.check = ARGV[added[#added] + 1]
  log.at = now
  save()
  redis.pcall('PEXPIRE', KEYS[2], ARGV[6])
  redis.pcall('PEXPIRE', KEYS[3], ARGV[6])
  -- Whoever may not publish is heard by polling.
  redis.pcall('PUBLISH', ARGV[5], text(log.head))
end
return answer

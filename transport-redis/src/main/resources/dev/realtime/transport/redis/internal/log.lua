-- One organisation's event log, as every script here sees it. Prepended to each of them.
--
-- KEYS[1] meta    hash: epoch, head + check, trimmed + trimmed_check (newest position no longer held),
--                 at (when the head was logged, in microseconds), marked (when the newest mark was set)
-- KEYS[2] stream  the entries; ids are 0-<offset>, without holes from trimmed + 1 to head
-- KEYS[3] marks   list, oldest first: "<microseconds> <offset> <check>" says that everything through that offset was
--                 logged by that time. Explicit ids carry no time, so this is what trimming goes by.
-- ARGV[1]         an epoch nobody has used, for a log that is not there
-- ARGV[2]         how long an untouched meta lives, in milliseconds
--
-- The stream expires one window after its last entry, so a missing stream means: all of it is trimmed. The meta lives
-- longer. If it is missing as well, nobody can tell what was there, and the log begins anew under another epoch.

local function text(number)
  return string.format('%.0f', number)
end

local function open_log()
  local held = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'check', 'trimmed', 'trimmed_check', 'at', 'marked')
  if not held[1] then
    redis.call('UNLINK', KEYS[2], KEYS[3])
    redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'head', '0', 'check', '0', 'trimmed', '0', 'trimmed_check', '0',
      'at', '0', 'marked', '0')
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return { epoch = ARGV[1], head = 0, check = '0', trimmed = 0, trimmed_check = '0', at = 0, marked = 0 }
  end
  local log = { epoch = held[1], head = tonumber(held[2]), check = held[3], trimmed = tonumber(held[4]),
    trimmed_check = held[5], at = tonumber(held[6]), marked = tonumber(held[7]) }
  if log.head > log.trimmed and redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('UNLINK', KEYS[3])
    redis.call('HSET', KEYS[1], 'trimmed', held[2], 'trimmed_check', held[3])
    log.trimmed = log.head
    log.trimmed_check = log.check
  end
  return log
end

-- One organisation's event log, as every script here sees it. Prepended to each of them.
--
-- KEYS[1] meta    hash: epoch, head + check, trimmed + trimmed_check (newest position no longer held),
--                 at (when the head was logged, in microseconds), marked (when the newest mark was set),
--                 begun (when the epoch began), run (of the server, in which it did) and safe (1 while everything
--                 was written on terms under which a restart loses nothing)
-- KEYS[2] stream  the entries; ids are 0-<offset>, without holes from trimmed + 1 to head
-- KEYS[3] marks   list, oldest first: "<microseconds> <offset> <check>" says that everything through that offset was
--                 logged by that time. Explicit ids carry no time, so this is what trimming goes by.
-- ARGV[1]         an epoch nobody has used, for when one begins
-- ARGV[2]         how long an untouched meta lives, in milliseconds
-- ARGV[3]         the server's run id; empty if it does not tell
-- ARGV[4]         1 if a restart of this server loses nothing: see safe
--
-- The stream expires one window after its last entry, so a missing stream means: all of it is trimmed. The meta lives
-- longer. If it is missing as well, nobody can tell what was there, and the log begins anew under another epoch.
-- Another run of the server is another server, or has lost what was not on its disk: a new epoch begins, with what the
-- log has (ADR 0016).
--
-- A server may refuse any command, for lack of memory or of a right or because a key is somebody else's. The script ends
-- there, and what it has written stays. So what readers go by is written last, whatever is only kept in order for later is
-- not insisted on (pcall), and no script's first write is one that takes no memory: after that a full server refuses
-- none.

local function text(number)
  return string.format('%.0f', number)
end

local function now_micros()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- What came before may not be all that was acknowledged: every cursor that was given out is over.
local function begin_epoch(log)
  log.epoch, log.begun = ARGV[1], now_micros()
  redis.call('HSET', KEYS[1], 'epoch', log.epoch, 'begun', text(log.begun))
end

local function open_log()
  local held = redis.call('HMGET', KEYS[1], 'epoch', 'head', 'check', 'trimmed', 'trimmed_check', 'at', 'marked',
    'begun', 'run', 'safe')
  if not held[1] then
    local log = { head = 0, check = '0', trimmed = 0, trimmed_check = '0', at = 0, marked = 0 }
    redis.call('HSET', KEYS[1], 'head', '0', 'check', '0', 'trimmed', '0', 'trimmed_check', '0', 'at', '0',
      'marked', '0', 'run', ARGV[3], 'safe', ARGV[4])
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    redis.call('UNLINK', KEYS[2], KEYS[3])
    begin_epoch(log)
    return log
  end
  local log = { epoch = held[1], head = tonumber(held[2]), check = held[3], trimmed = tonumber(held[4]),
    trimmed_check = held[5], at = tonumber(held[6]), marked = tonumber(held[7]), begun = tonumber(held[8] or 0) }
  if ARGV[3] ~= '' and held[9] ~= ARGV[3] then
    if held[10] ~= '1' or ARGV[4] ~= '1' then
      begin_epoch(log)
    end
    redis.call('HSET', KEYS[1], 'run', ARGV[3], 'safe', ARGV[4])
  elseif held[10] == '1' and ARGV[4] ~= '1' then
    redis.pcall('HSET', KEYS[1], 'safe', '0')
  end
  if log.head > log.trimmed and redis.call('EXISTS', KEYS[2]) == 0 then
    local saved = redis.pcall('HSET', KEYS[1], 'trimmed', held[2], 'trimmed_check', held[3])
    if type(saved) == 'number' then
      redis.pcall('UNLINK', KEYS[3])
    end
    log.trimmed = log.head
    log.trimmed_check = log.check
  end
  return log
end

-- The check of an offset that is held: its entry's, or the head's or floor's; nil if it is not held.
local function check_at(log, offset)
  if offset == log.head then
    return log.check
  elseif offset == log.trimmed then
    return log.trimmed_check
  end
  local entry = redis.call('XRANGE', KEYS[2], '0-' .. text(offset), '0-' .. text(offset))[1]
  return entry and entry[2][2]
end

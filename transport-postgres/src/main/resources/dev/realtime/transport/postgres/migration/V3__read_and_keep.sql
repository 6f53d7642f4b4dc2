-- How the log is read, trimmed and settled.

-- What the log holds: after the floor everything, up to the head.
create view "${schema}".log_range as
select f.trimmed_through                                       as floor_offset,
       f.trimmed_check                                         as floor_check,
       coalesce(newest."offset", f.trimmed_through)            as head_offset,
       coalesce("${schema}".check_of(newest.id), f.trimmed_check) as head_check,
       "${schema}".epoch()                                     as epoch
  from (select * from "${schema}".floor order by number desc limit 1) f
  -- Not before the floor: what was trimmed may still have to be stepped over there.
  left join lateral (select l."offset", l.id from "${schema}".log l where l."offset" > f.trimmed_through
                      order by l."offset" desc limit 1) newest on true;

-- For people: the log with its payloads as text.
create view "${schema}".events as
select l."offset", l.org_id, l.id, l.event, l.topic, l.user_ids, convert_from(l.payload, 'UTF8') as payload,
       l.created_at, l.logged_at
  from "${schema}".log l;

-- Whether the transaction ids in stage and tick are this server's; after a restore or a logical upgrade they are not.
create function "${schema}".is_home() returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  home record;
begin
  select s.home_system, s.home_database, s.home_stage into strict home from "${schema}".store s;
  return home.home_system = (select system_identifier from pg_control_system())
     and home.home_database = (select oid from pg_database where datname = current_database())
     and home.home_stage = '"${schema}".stage'::regclass
     and pg_snapshot_xmax(pg_current_snapshot())
         >= (select pg_snapshot_xmax(t.snapshot) from "${schema}".tick t order by t.number desc limit 1);
end $$;

-- Deletes from the stage what the complete ticks have sealed, by the sealer's own predicate, then those ticks but the
-- last; at most about so many rows of one tick at a time. Tells the oldest tick that is left, how many rows went, and
-- whether the stage is clean now.
create function "${schema}".clean_stage(
  max_ticks integer, max_rows integer, inout first_tick bigint, out deleted bigint, out is_clean boolean)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  pair  record;
  ended record;
  gone  bigint;
  left_ticks integer := max_ticks;
begin
  deleted := 0;
  is_clean := false;
  perform set_config('enable_seqscan', 'off', true);
  perform set_config('jit', 'off', true);
  for pair in
    select k.number, k.snapshot as cur, p.snapshot as prev
      from "${schema}".tick k join "${schema}".tick p on p.number = k.number - 1
     where k.number > first_tick and p.number >= first_tick and k.sealed_to is null
     order by k.number limit max_ticks
  loop
    for ended in select * from "${schema}".ended_between(pair.prev, pair.cur) loop
      delete from "${schema}".stage s where s.ctid = any (array(
        select r.ctid from "${schema}".stage r where r.xid >= ended.low and r.xid < ended.high limit max_rows));
      get diagnostics gone = row_count;
      deleted := deleted + gone;
      if gone = max_rows then
        return;
      end if;
    end loop;
    delete from "${schema}".tick t where t.number = pair.number - 1;
    first_tick := pair.number;
    left_ticks := left_ticks - 1;
  end loop;
  is_clean := left_ticks > 0;
end $$;

-- Cleans the stage, and when that is clean deletes the oldest events that are older than the window: the log must
-- keep what settle() would find in the stage. One instance does it at a time, any can. Returns how much went: 0 means
-- that nothing is due. Writes nothing when nothing is due.
create function "${schema}".trim(max_rows integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kept      interval;
  was       record;
  cut       bigint;
  cut_id    text;
  cleaned   record;
  deleted   bigint := 0;
begin
  if (max_rows > 0) is not true then
    raise exception 'max_rows: % is not allowed', coalesce(max_rows::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'It is 1 or more.';
  end if;
  -- Under an old snapshot even the smallest table is full of dead rows.
  perform set_config('enable_seqscan', 'off', true);
  perform set_config('jit', 'off', true);
  select s.replay_window into kept from "${schema}".store s;
  select f.* into strict was from "${schema}".floor f order by f.number desc limit 1;
  if not exists (select from "${schema}".tick t where t.number > was.first_tick)
      and not coalesce((select l.logged_at < clock_timestamp() - kept from "${schema}".log l
                         where l."offset" > was.trimmed_through order by l."offset" limit 1), false) then
    return 0;
  end if;
  perform from "${schema}".store for no key update skip locked;
  if not found or not "${schema}".is_home() then
    return 0;
  end if;
  -- Who publishes an id that is being trimmed waits for this transaction, with the gate: so it waits for nobody
  -- itself. After a crash floor and rows come back together, so there is no need to wait for the disk either.
  perform set_config('lock_timeout', '100ms', true);
  perform set_config('synchronous_commit', 'off', true);
  -- Again: another instance may just have been at it.
  select f.* into strict was from "${schema}".floor f order by f.number desc limit 1;
  select * into cleaned from "${schema}".clean_stage(200, 20000, was.first_tick);
  if cleaned.is_clean then
    -- Only a prefix goes, so that what is left is contiguous whatever the clock did.
    select c."offset", c.id into cut, cut_id from (
      select o."offset", o.id, bool_and(o.logged_at < clock_timestamp() - kept) over (order by o."offset") as due
        from (select l."offset", l.id, l.logged_at from "${schema}".log l where l."offset" > was.trimmed_through
               order by l."offset" limit max_rows) o) c
     where c.due order by c."offset" desc limit 1;
  end if;
  if cut is not null then
    delete from "${schema}".log l where l."offset" > was.trimmed_through and l."offset" <= cut;
    get diagnostics deleted = row_count;
  end if;
  if deleted > 0 or cleaned.first_tick > was.first_tick then
    insert into "${schema}".floor (number, trimmed_through, trimmed_check, first_tick)
    values (was.number + 1, coalesce(cut, was.trimmed_through),
            coalesce("${schema}".check_of(cut_id), was.trimmed_check), cleaned.first_tick);
    delete from "${schema}".floor f where f.number = was.number;
  end if;
  return cleaned.first_tick - was.first_tick + cleaned.deleted + deleted;
end $$;

-- After a restore or a logical upgrade the transaction ids here mean nothing: seals every staged event that the log
-- does not have, and begins anew. Returns whether it had to. Cheap when not. Called on every connect.
create function "${schema}".settle() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  newest bigint;
begin
  if "${schema}".is_home() then
    return false;
  end if;
  perform "${schema}".require_alone();
  perform set_config('enable_seqscan', 'on', true);
  lock table "${schema}".gate in share row exclusive mode;
  -- Another instance may have done it.
  if "${schema}".is_home() then
    return false;
  end if;
  perform from "${schema}".store for no key update;
  perform setval('"${schema}".log_offset',
    greatest((select last_value from "${schema}".log_offset), (select max("offset") from "${schema}".log),
             (select max(trimmed_through) from "${schema}".floor), 1));
  -- Never back: publishers don't wait for us, and draw from it now.
  perform setval('"${schema}".stage_seq_seq', m.seq)
     from (select greatest((select max(s.seq) from "${schema}".stage s), (select max(l.seq) from "${schema}".log l)) as seq) m
    where m.seq > (select last_value from "${schema}".stage_seq_seq);
  select max(t.number) into strict newest from "${schema}".tick t;
  -- One statement, so one snapshot: what is committed meanwhile stays staged, and is after the new tick.
  with staged as (
    delete from "${schema}".stage s returning s.*
  ), sealed as (
    insert into "${schema}".log ("offset", seq, org_id, id, event, topic, user_ids, payload, created_at)
    select nextval('"${schema}".log_offset'), f.seq, f.org_id, f.id, f.event, f.topic, f.user_ids, f.payload, f.created_at
      from (select * from (select distinct on (s.org_id, s.id) s.* from staged s order by s.org_id, s.id, s.seq) o
             where not exists (select from "${schema}".log l where l.seq = o.seq)
               and not exists (select from "${schema}".log l where l.org_id = o.org_id and l.id = o.id)
             order by o.seq) f
  ), forgotten as (
    delete from "${schema}".tick
  )
  insert into "${schema}".tick (number, snapshot, seq_before, seq_after)
  values (newest + 1, pg_current_snapshot(), 0, 0);
  insert into "${schema}".floor (number, trimmed_through, trimmed_check, first_tick)
  select f.number + 1, f.trimmed_through, f.trimmed_check, newest + 1
    from "${schema}".floor f order by f.number desc limit 1;
  delete from "${schema}".floor f where f.number < (select max(number) from "${schema}".floor);
  update "${schema}".store
     set home_system = (select system_identifier from pg_control_system()),
         home_database = (select oid from pg_database where datname = current_database()),
         home_stage = '"${schema}".stage'::regclass;
  perform pg_notify('${channel}', '{"look":1}');
  return true;
end $$;

revoke execute on all functions in schema "${schema}" from public;

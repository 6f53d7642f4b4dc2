-- How the log is read, trimmed and settled.

-- What the log holds: after the floor everything, up to the head.
create view "${schema}".log_range as
select s.trimmed_through                                       as floor_offset,
       s.trimmed_check                                         as floor_check,
       coalesce(newest."offset", s.trimmed_through)            as head_offset,
       coalesce("${schema}".check_of(newest.id), s.trimmed_check) as head_check,
       "${schema}".epoch()                                     as epoch
  from "${schema}".store s
  -- Not before the floor: what was trimmed may still have to be stepped over there.
  left join lateral (select l."offset", l.id from "${schema}".log l where l."offset" > s.trimmed_through
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

-- Deletes from the stage what complete ticks have sealed, by the sealer's own predicate, then those ticks. Returns
-- how many ticks; when it is less than max_ticks, the stage is clean.
create function "${schema}".clean_stage(max_ticks integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  pair     record;
  previous xid8[];
  cleaned  integer := 0;
begin
  perform set_config('enable_seqscan', 'off', true);
  perform set_config('jit', 'off', true);
  for pair in
    select k.number, k.snapshot as cur, p.snapshot as prev
      from "${schema}".tick k join "${schema}".tick p on p.number = k.number - 1
     where k.sealed_to is null
     order by k.number limit max_ticks
  loop
    previous := array(select pg_snapshot_xip(pair.prev));
    delete from "${schema}".stage s
     where s.xid >= pg_snapshot_xmax(pair.prev) and s.xid < pg_snapshot_xmax(pair.cur)
       and pg_visible_in_snapshot(s.xid, pair.cur);
    delete from "${schema}".stage s where s.xid = any (previous) and pg_visible_in_snapshot(s.xid, pair.cur);
    delete from "${schema}".tick t where t.number = pair.number - 1;
    cleaned := cleaned + 1;
  end loop;
  return cleaned;
end $$;

-- Cleans the stage, and when that is clean deletes the oldest events that are older than the window: the log must
-- keep what settle() would find in the stage. One instance does it at a time, any can. Returns how much went: 0 means
-- that nothing is due. Writes nothing when nothing is due.
create function "${schema}".trim(max_rows integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  settings  record;
  first     timestamptz;
  cut       record;
  deleted   integer;
  cleaned   integer;
begin
  select s.replay_window, s.trimmed_through into settings from "${schema}".store s;
  select l.logged_at into first from "${schema}".log l where l."offset" > settings.trimmed_through
   order by l."offset" limit 1;
  if (first is null or first >= clock_timestamp() - settings.replay_window)
      and (select count(*) from (select from "${schema}".tick t order by t.number desc limit 2) newest) < 2 then
    return 0;
  end if;
  perform from "${schema}".store for no key update skip locked;
  if not found or not "${schema}".is_home() then
    return 0;
  end if;
  cleaned := "${schema}".clean_stage(200);
  if cleaned = 200 then
    return cleaned;
  end if;
  -- Only a prefix goes, so that what is left is contiguous whatever the clock did.
  select c."offset", c.id into cut from (
    select o."offset", o.id, bool_and(o.logged_at < clock_timestamp() - settings.replay_window)
             over (order by o."offset") as due
      from (select l."offset", l.id, l.logged_at from "${schema}".log l where l."offset" > settings.trimmed_through
             order by l."offset" limit max_rows) o) c
   where c.due order by c."offset" desc limit 1;
  if cut."offset" is null then
    return cleaned;
  end if;
  update "${schema}".store set trimmed_through = cut."offset", trimmed_check = "${schema}".check_of(cut.id);
  delete from "${schema}".log l where l."offset" <= cut."offset";
  get diagnostics deleted = row_count;
  return cleaned + deleted;
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
             (select trimmed_through from "${schema}".store), 1));
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
  insert into "${schema}".tick (number, snapshot) values (newest + 1, pg_current_snapshot());
  update "${schema}".store
     set home_system = (select system_identifier from pg_control_system()),
         home_database = (select oid from pg_database where datname = current_database()),
         home_stage = '"${schema}".stage'::regclass;
  perform pg_notify('${channel}', '{"look":1}');
  return true;
end $$;

revoke execute on all functions in schema "${schema}" from public;

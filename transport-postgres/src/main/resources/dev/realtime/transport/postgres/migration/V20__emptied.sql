-- A restore without data (`pg_dump --schema-only`) and somebody's TRUNCATE leave a schema that looks as if nothing had
-- migrated it, and tables without the rows that all else needs. It says of which version it is, and is filled again.

-- Unlike schema_history a dump without data has this. Each migration from now on says it.
comment on table "${schema}".store is 'realtime schema version 20';

-- Puts back the rows that nothing works without, if any is missing, and begins a new epoch: nobody knows what the log
-- held. settle() comes next and seals what is staged. Returns whether it had to; writes nothing when not.
create function "${schema}".plant(replay_window_seconds bigint, max_payload_bytes integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  if not "${schema}".is_emptied() then
    return false;
  end if;
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  -- Another instance may have done it.
  if not "${schema}".is_emptied() then
    return false;
  end if;
  insert into "${schema}".store (channel, replay_window, max_payload_bytes, home_system, home_database, home_stage)
  select '${channel}', make_interval(secs => replay_window_seconds), plant.max_payload_bytes, 0, 0, 0
   where not exists (select from "${schema}".store);
  -- What is staged may be older than the tick that is planted: it is settled as after a restore.
  update "${schema}".store set home_system = 0;
  insert into "${schema}".floor (number, trimmed_through, trimmed_check, first_tick)
  select 1, coalesce((select min(l."offset") - 1 from "${schema}".log l), 0), '0', 1
   where not exists (select from "${schema}".floor);
  insert into "${schema}".tick (number, snapshot, seq_before, seq_after)
  select max(f.first_tick), pg_current_snapshot(), 0, 0 from "${schema}".floor f
  having not exists (select from "${schema}".tick);
  perform "${schema}".renew_epoch();
  return true;
end $$;

-- Whether a row is missing that nothing works without. A read.
create function "${schema}".is_emptied() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  return not exists (select from "${schema}".store)
      or not exists (select from "${schema}".floor)
      or not exists (select from "${schema}".tick);
end $$;

-- As before; fails where the store has lost its row.
create or replace function "${schema}".epoch() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
declare
  named  text;
begin
  select concat_ws(':', s.store_id, s.incarnation, "${schema}".place()) into strict named from "${schema}".store s;
  return left(encode(sha256(convert_to(named, 'UTF8')), 'hex'), 12);
end $$;

-- As before; fails where there is no tick, or a seq that was given comes again: something was emptied.
create or replace function "${schema}".is_staged() returns boolean
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off set row_security = off
as $$
declare
  last record;
begin
  select t.snapshot, t.sealed_to, t.seq_before into strict last from "${schema}".tick t order by t.number desc limit 1;
  if (select q.last_value from "${schema}".stage_seq_seq q) < last.seq_before then
    raise exception 'the numbers of the stage went back: it was emptied'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Call settle() first.';
  end if;
  return last.sealed_to is not null
      or exists (select from "${schema}".ended_between(last.snapshot, pg_current_snapshot()) r
                  cross join lateral (select from "${schema}".stage s where s.xid >= r.low and s.xid < r.high limit 1) s);
end $$;

-- As before, and whether the seq in stage and tick go on.
create or replace function "${schema}".is_home() returns boolean
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  home record;
  last record;
begin
  select s.home_system, s.home_database, s.home_stage into strict home from "${schema}".store s;
  select t.snapshot, t.seq_before into last from "${schema}".tick t order by t.number desc limit 1;
  return home.home_system = (select system_identifier from pg_control_system())
     and home.home_database = (select oid from pg_database where datname = current_database())
     and home.home_stage = '"${schema}".stage'::regclass
     and pg_snapshot_xmax(pg_current_snapshot()) >= pg_snapshot_xmax(last.snapshot)
     and (select q.last_value from "${schema}".stage_seq_seq q) >= last.seq_before;
end $$;

-- As before, but what is staged is known by its id alone: where the stage was emptied, a seq may have been given twice.
create or replace function "${schema}".settle() returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
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
             where not exists (select from "${schema}".log l where l.org_id = o.org_id and l.id = o.id)
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

-- Who could run an instance still can.
do $grants$
declare
  may  record;
begin
  for may in
    select f.called, pg_get_userbyid(a.grantee) as role
      from "${schema}".listener_functions() f (called)
      join pg_proc p on p.pronamespace = '"${schema}"'::regnamespace and p.proname = 'seal'
      cross join lateral aclexplode(p.proacl) a
     where a.grantee <> 0 and a.grantee <> p.proowner
  loop
    execute format('grant execute on function %s to %I', may.called, may.role);
  end loop;
end $grants$;

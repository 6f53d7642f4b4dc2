-- How the log is read, trimmed and settled.

-- What the log holds: after the floor everything, up to the head.
create view "${schema}".log_range as
select s.trimmed_through                                       as floor_offset,
       s.trimmed_check                                         as floor_check,
       coalesce(newest."offset", s.trimmed_through)            as head_offset,
       coalesce("${schema}".check_of(newest.id), s.trimmed_check) as head_check,
       "${schema}".epoch()                                     as epoch
  from "${schema}".store s
  left join lateral (select l."offset", l.id from "${schema}".log l order by l."offset" desc limit 1) newest on true;

-- For people: the log with its payloads as text.
create view "${schema}".events as
select l."offset", l.org_id, l.id, l.event, l.topic, l.user_ids, convert_from(l.payload, 'UTF8') as payload,
       l.created_at, l.logged_at
  from "${schema}".log l;

-- Deletes from the stage what complete ticks have sealed, by the sealer's own predicate, then those ticks.
create function "${schema}".clean_stage(max_ticks integer) returns integer
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  pair     record;
  previous xid8[];
  deleted  integer;
  total    integer := 0;
begin
  perform set_config('enable_seqscan', 'off', true);
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
    get diagnostics deleted = row_count;
    total := total + deleted;
    delete from "${schema}".stage s where s.xid = any (previous) and pg_visible_in_snapshot(s.xid, pair.cur);
    get diagnostics deleted = row_count;
    total := total + deleted;
    delete from "${schema}".tick t where t.number = pair.number - 1;
  end loop;
  return total;
end $$;

-- Cleans the stage, then deletes the oldest events that are older than the window. One instance does it at a time,
-- any can. Returns how many rows went: 0 means that nothing is due. Writes nothing when nothing is due.
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
  select l.logged_at into first from "${schema}".log l order by l."offset" limit 1;
  if (first is null or first >= clock_timestamp() - settings.replay_window)
      and (select count(*) from (select from "${schema}".tick limit 2) t) < 2 then
    return 0;
  end if;
  perform from "${schema}".store for no key update skip locked;
  if not found then
    return 0;
  end if;
  cleaned := "${schema}".clean_stage(200);
  -- Only a prefix goes, so that what is left is contiguous whatever the clock did.
  select c."offset", c.id into cut from (
    select o."offset", o.id, bool_and(o.logged_at < clock_timestamp() - settings.replay_window)
             over (order by o."offset") as due
      from (select l."offset", l.id, l.logged_at from "${schema}".log l order by l."offset" limit max_rows) o) c
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
  here record;
  home record;
  last record;
begin
  select (select system_identifier from pg_control_system()) as system,
         (select oid from pg_database where datname = current_database()) as database,
         '"${schema}".stage'::regclass::oid as stage into here;
  for attempt in 1..2 loop
    select s.home_system as system, s.home_database as database, s.home_stage as stage into home from "${schema}".store s;
    select t.number, t.snapshot into strict last from "${schema}".tick t order by t.number desc limit 1;
    if here = home and pg_snapshot_xmax(pg_current_snapshot()) >= pg_snapshot_xmax(last.snapshot) then
      return false;
    end if;
    -- Look again under the gate: another instance may have done it.
    if attempt = 1 then
      perform "${schema}".require_alone();
      perform set_config('enable_seqscan', 'on', true);
      lock table "${schema}".gate in share row exclusive mode;
    end if;
  end loop;
  perform setval('"${schema}".log_offset',
    greatest((select last_value from "${schema}".log_offset), (select max("offset") from "${schema}".log),
             (select trimmed_through from "${schema}".store), 1));
  perform setval(pg_get_serial_sequence('"${schema}".stage', 'seq'),
    greatest((select max(seq) from "${schema}".stage), (select max(seq) from "${schema}".log), 1));
  insert into "${schema}".log ("offset", seq, org_id, id, event, topic, user_ids, payload, created_at)
  select nextval('"${schema}".log_offset'), f.seq, f.org_id, f.id, f.event, f.topic, f.user_ids, f.payload, f.created_at
    from (select distinct on (s.org_id, s.id) s.* from "${schema}".stage s order by s.org_id, s.id, s.seq) f
   where not exists (select from "${schema}".log l where l.seq = f.seq or (l.org_id = f.org_id and l.id = f.id))
   order by f.seq;
  delete from "${schema}".stage;
  delete from "${schema}".tick;
  insert into "${schema}".tick (number, snapshot) values (last.number + 1, pg_current_snapshot());
  update "${schema}".store set home_system = here.system, home_database = here.database, home_stage = here.stage;
  return true;
end $$;

revoke execute on all functions in schema "${schema}" from public;

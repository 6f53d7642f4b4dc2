-- Where a snapshot stands in the log, what waits in front of it, and who may do what.

-- The cursor of the caller's snapshot, for a page that is rendered from it: what the page does not show is heard after
-- it. The log's rows become visible in the order of their offsets, and after what their publishers wrote; so whoever
-- sees an offset sees all that was published up to it. What is visible and not sealed yet is heard again, which does
-- no harm. STABLE: a volatile function would look with a newer snapshot than the statement it stands in.
create function "${schema}".position() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if pg_is_in_recovery() then
    raise exception 'a standby has no position of its own'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Render the page from the primary, or ask a gateway.';
  end if;
  return (select concat_ws('-', r.epoch, r.head_offset, r.head_check) from "${schema}".log_range r);
end $$;

-- How many committed events wait in the stage, counted up to this many. A read: see is_staged().
create function "${schema}".count_staged(most integer) returns bigint
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp set enable_seqscan = off set jit = off
as $$
declare
  last  record;
  prev  pg_snapshot;
begin
  select t.number, t.snapshot, t.sealed_to into last from "${schema}".tick t order by t.number desc limit 1;
  if last.sealed_to is null then
    return (select count(*)
              from (select from "${schema}".ended_between(last.snapshot, pg_current_snapshot()) r
                     cross join lateral (select from "${schema}".stage s where s.xid >= r.low and s.xid < r.high limit most) s
                     limit most) waiting);
  end if;
  -- What is left of a backlog, and what was committed since; but for what earlier ticks have sealed.
  select t.snapshot into prev from "${schema}".tick t where t.number = last.number - 1;
  return (select count(*)
            from (select from "${schema}".stage s
                   where s.seq > last.sealed_to and not pg_visible_in_snapshot(s.xid, prev) limit most) waiting);
end $$;

-- The functions that publishers call, and those that these call with the publishers' own rights.
create function "${schema}".publisher_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and p.proname in ('publish', 'position', 'watch', 'unwatch', 'stage_ping', 'stage_pings', 'may_ping', 'require_name',
                       'require_watchable', 'require_condition', 'watch_triggers', 'watch_options', 'watch_members',
                       'watch_key', 'watch_source', 'drop_unused')
$$;

-- The functions that a running instance calls, and those of the view watched: it writes the log itself and does not
-- publish by SQL.
create function "${schema}".listener_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and (p.proname in ('position', 'watch_triggers', 'watch_options', 'watch_members', 'watch_key', 'may_ping') or p.oid not in (select "${schema}".publisher_functions()))
     and p.proname not in ('grant_publisher', 'grant_listener', 'revoke_all', 'require_owner', 'publisher_functions',
                           'listener_functions')
$$;

-- Refuses callers who cannot grant, and roles that are none.
create function "${schema}".require_owner(role regrole) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if role is null or not exists (select from pg_roles r where r.oid = role) then
    raise exception 'role: there is no role %', coalesce(role::text, 'null')
      using errcode = 'undefined_object', hint = 'CREATE ROLE makes one; PUBLIC is none.';
  end if;
  if not pg_has_role((select n.nspowner from pg_namespace n where n.oid = '"${schema}"'::regnamespace), 'USAGE') then
    raise exception 'only the owner of the schema ${schema} grants its roles'
      using errcode = 'insufficient_privilege', hint = 'Call it as the role that migrates.';
  end if;
end $$;

-- Lets a role publish, watch tables of its own and ask for its position. Again does nothing more; call it after an
-- upgrade.
create function "${schema}".grant_publisher(role regrole) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  called  regprocedure;
begin
  perform "${schema}".require_owner(role);
  execute format('grant usage on schema "${schema}" to %s', role);
  execute format('grant select on "${schema}".watched to %s', role);
  for called in select "${schema}".publisher_functions() loop
    execute format('grant execute on function %s to %s', called, role);
  end loop;
end $$;

-- Lets a role run instances that don't migrate: LISTEN, read the log, write it, seal and trim. As above.
create function "${schema}".grant_listener(role regrole) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  read    regclass;
  called  regprocedure;
begin
  perform "${schema}".require_owner(role);
  execute format('grant usage on schema "${schema}" to %s', role);
  for read in select c.oid from pg_class c where c.relnamespace = '"${schema}"'::regnamespace
               and c.relkind in ('r', 'p', 'v') and c.relname not in ('stage', 'gate') loop
    execute format('grant select on %s to %s', read, role);
  end loop;
  for called in select "${schema}".listener_functions() loop
    execute format('grant execute on function %s to %s', called, role);
  end loop;
end $$;

-- Takes from a role all that it may do here.
create function "${schema}".revoke_all(role regrole) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  perform "${schema}".require_owner(role);
  execute format('revoke all on all tables in schema "${schema}" from %s', role);
  execute format('revoke all on all functions in schema "${schema}" from %s', role);
  execute format('revoke all on schema "${schema}" from %s', role);
end $$;

revoke execute on all functions in schema "${schema}" from public;

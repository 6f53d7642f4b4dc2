-- Keys that one caller among all instances has, for a time: used tickets, for example.

-- Logged, because what was claimed before a crash is claimed after it.
create table "${schema}".claim (
  key      text collate "C" not null,
  ends_at  timestamptz not null,
  constraint claim_key primary key (key),
  constraint claim_key_form check (key ~ '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}$')
) with (autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000);
create index claim_end on "${schema}".claim (ends_at);

-- Whether the caller gets the key. Who comes second waits for the first one's commit.
create function "${schema}".claim(wanted text, ttl_millis bigint) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if (ttl_millis between 1 and 2592000000) is not true then
    raise exception 'ttl_millis: % is not allowed', coalesce(ttl_millis::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'It is 1 ms to 30 days.';
  end if;
  -- Said to have it and then forgotten in a crash: somebody else would get it too.
  perform set_config('synchronous_commit', 'on', true);
  insert into "${schema}".claim as held (key, ends_at)
  values (wanted, clock_timestamp() + ttl_millis * interval '1 millisecond')
  on conflict (key) do update set ends_at = excluded.ends_at where held.ends_at <= clock_timestamp();
  return found;
end $$;

-- Deletes claims whose time has passed, at most so many; waits for nobody. Returns how many went. Writes nothing when
-- there are none.
create function "${schema}".forget_claims(max_rows integer) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  gone  integer;
begin
  -- Under an old snapshot even the smallest table is full of dead rows.
  perform set_config('enable_seqscan', 'off', true);
  if not exists (select from "${schema}".claim c where c.ends_at <= clock_timestamp()) then
    return 0;
  end if;
  delete from "${schema}".claim c
   where c.key in (select e.key from "${schema}".claim e where e.ends_at <= clock_timestamp()
                    order by e.ends_at limit max_rows for update skip locked);
  get diagnostics gone = row_count;
  return gone;
end $$;

-- As before, but for the claims, which nobody reads: their names may be the ids of tickets.
create or replace function "${schema}".grant_listener(role regrole) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  read    regclass;
  called  regprocedure;
begin
  perform "${schema}".require_owner(role);
  execute format('grant usage on schema "${schema}" to %s', role);
  for read in select c.oid from pg_class c where c.relnamespace = '"${schema}"'::regnamespace
               and c.relkind in ('r', 'p', 'v') and c.relname not in ('stage', 'gate', 'claim') loop
    execute format('grant select on %s to %s', read, role);
  end loop;
  for called in select "${schema}".listener_functions() loop
    execute format('grant execute on function %s to %s', called, role);
  end loop;
end $$;

revoke execute on all functions in schema "${schema}" from public;

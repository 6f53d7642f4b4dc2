-- An epoch is one incarnation of the log in which nothing acknowledged can have been lost. ADR 0016 says when one ends.

alter table "${schema}".store
  -- Names the incarnation. By chance and not a number: a store that was put back would count to the same one again.
  add column incarnation text        not null default replace(gen_random_uuid()::text, '-', ''),
  -- Where it began. Elsewhere it is over.
  add column began_in    text        not null default '',
  add column began_at    timestamptz not null default clock_timestamp();

-- What a promoted standby and a restored dump have of their own.
create function "${schema}".place() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return concat_ws(':',
           (select system_identifier from pg_control_system()),
           (select oid from pg_database where datname = current_database()),
           '"${schema}".stage'::regclass::oid,
           left(pg_walfile_name(pg_current_wal_lsn()), 8));
end $$;

-- Names this incarnation of the log; a promoted standby has another one, before anybody has looked at it.
create or replace function "${schema}".epoch() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  return left(encode(sha256(convert_to(
           (select concat_ws(':', s.store_id, s.incarnation, "${schema}".place()) from "${schema}".store s),
           'UTF8')), 'hex'), 12);
end $$;

-- Whether something acknowledged may be missing that nobody was told of: because the store has come to another place,
-- or because a position is not in the log that somebody acknowledged or heard so long ago. What is missing of an earlier
-- epoch was told when this one began, unless it came later: from a primary that did not know that it was one no more.
create function "${schema}".misses(in_epoch text, at_offset bigint, at_check text, micros_ago bigint) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
declare
  begun  record;
  kept   record;
begin
  select s.began_in, s.began_at into strict begun from "${schema}".store s;
  if begun.began_in <> "${schema}".place() then
    return true;
  end if;
  -- At offset 0 no event is that could be missing.
  if coalesce(at_offset, 0) = 0
      or exists (select from "${schema}".log l where l."offset" = at_offset and "${schema}".check_of(l.id) = at_check) then
    return false;
  end if;
  select f.trimmed_through, f.trimmed_check into strict kept
    from "${schema}".floor f order by f.number desc limit 1;
  if (kept.trimmed_through, kept.trimmed_check) = (at_offset, at_check) then
    return false;
  end if;
  if in_epoch = "${schema}".epoch() then
    -- Whoever stands below the floor is told so.
    return at_offset >= kept.trimmed_through;
  end if;
  -- A clock that went back tells nothing.
  return clock_timestamp() < begun.began_at
      or clock_timestamp() - micros_ago * interval '1 microsecond' > begun.began_at;
end $$;

-- The gate is held.
create function "${schema}".renew_epoch() returns void
language plpgsql set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  update "${schema}".store
     set incarnation = replace(gen_random_uuid()::text, '-', ''), began_in = "${schema}".place(),
         began_at = clock_timestamp();
  perform "${schema}".announce();
end $$;

-- Begins a new epoch if misses() says so. Returns whether it did: of many instances that find the same, one does.
-- Writes nothing when it does not. The position may be null.
create function "${schema}".begin_epoch(in_epoch text, at_offset bigint, at_check text, micros_ago bigint)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  if not "${schema}".misses(in_epoch, at_offset, at_check, micros_ago) then
    return false;
  end if;
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  -- Another instance may have done it.
  if not "${schema}".misses(in_epoch, at_offset, at_check, micros_ago) then
    return false;
  end if;
  perform "${schema}".renew_epoch();
  return true;
end $$;

-- The same whatever the log holds: for who puts an older copy back while no instance runs that could miss something.
create function "${schema}".begin_epoch() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp set row_security = off
as $$
begin
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  perform "${schema}".renew_epoch();
end $$;

update "${schema}".store set began_in = "${schema}".place();

revoke execute on all functions in schema "${schema}" from public;

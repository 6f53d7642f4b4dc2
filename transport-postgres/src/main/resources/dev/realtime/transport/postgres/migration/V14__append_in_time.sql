-- append(), with a bound in time. An event is recognised by its id for a replay window. An attempt that is carried out
-- later than that after an earlier one of the same events cannot know whether they are new: it would append them twice.

-- This server's clock in microseconds, as append() takes and gives it.
create function "${schema}".clock_micros() returns bigint
language sql volatile parallel safe
return (extract(epoch from pg_catalog.clock_timestamp()) * 1000000)::bigint;

-- Does what append() does, unless the first attempt is older than the window (less a twentieth, a margin for clocks that
-- drift). Then `outcome` is
--   late      nothing was appended: for each event, in order, the offset it has, or null, and whether it is a conflict
-- `sent` is when, by this server's clock, the first attempt was begun at the earliest; null: it does not matter.
-- `clock` is the time.
create function "${schema}".append(
  groups integer[], org_ids text[], ids text[], events text[], topics text[], user_ids text[], created bigint[],
  payloads bytea[], says boolean, sent bigint,
  out outcome text, out in_epoch text, out first_offset bigint, out offsets bigint[], out conflicts boolean[],
  out clock bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  usable  bigint;
begin
  perform "${schema}".require_alone();
  -- The wait for it counts too.
  lock table "${schema}".gate in share row exclusive mode;
  clock := "${schema}".clock_micros();
  select (extract(epoch from s.replay_window) * 950000)::bigint into strict usable from "${schema}".store s;
  if clock - sent >= usable then
    outcome := 'late';
    in_epoch := "${schema}".epoch();
    select array_agg(l."offset" order by u.n),
           array_agg(coalesce(not (l.event = u.event and l.topic = u.topic and l.payload = u.payload
                                   and l.user_ids is not distinct from u.users::text[]), false) order by u.n)
      into offsets, conflicts
      from unnest(org_ids, ids, events, topics, append.user_ids, payloads)
           with ordinality as u (org_id, id, event, topic, users, payload, n)
      left join lateral (
             select * from "${schema}".log o where o.org_id = u.org_id and o.id = u.id offset 0) l on true;
    return;
  end if;
  select a.outcome, a.in_epoch, a.first_offset, a.offsets, a.conflicts
    into outcome, in_epoch, first_offset, offsets, conflicts
    from "${schema}".append(groups, org_ids, ids, events, topics, append.user_ids, created, payloads, says) a;
end $$;

revoke execute on all functions in schema "${schema}" from public;

-- What cannot be written as a frame cannot enter the log, whoever calls append(): a name with a line break would be two
-- fields of a frame.

-- Refuses a batch with a name that no publisher may use. One regular expression for all of them: one for each costs more
-- than appending them.
create function "${schema}".require_names(names text[]) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
declare
  wrong  text;
begin
  if array_to_string(names, '.') collate "C" ~ '[^A-Za-z0-9._:-]' then
    select n into wrong from unnest(names) n where n collate "C" ~ '[^A-Za-z0-9._:-]' limit 1;
    raise exception 'append: the name % is not allowed', quote_literal(left(coalesce(wrong, ''), 40))
      using errcode = 'invalid_parameter_value', hint = 'A name is 1 to 128 of A-Z a-z 0-9 . _ : -';
  end if;
end $$;

create or replace function "${schema}".append(
  groups integer[], org_ids text[], ids text[], events text[], topics text[], user_ids text[], created bigint[],
  payloads bytea[], says boolean default true,
  out outcome text, out in_epoch text, out first_offset bigint, out offsets bigint[], out conflicts boolean[])
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  many   integer := cardinality(ids);
  sealed record;
begin
  perform "${schema}".require_alone();
  perform "${schema}".require_names(org_ids || ids || events || topics);
  lock table "${schema}".gate in share row exclusive mode;
  select * into sealed from "${schema}".seal_portion(5000);
  if sealed.more then
    outcome := 'backlog';
  else
    in_epoch := "${schema}".epoch();
    begin
      first_offset := nextval('"${schema}".log_offset');
      -- Only who holds the gate draws from it, so the numbers are ours.
      perform setval('"${schema}".log_offset', first_offset + many - 1) where many > 1;
      insert into "${schema}".log ("offset", org_id, id, event, topic, user_ids, payload, created_at)
      select first_offset + u.n - 1, u.org_id, u.id, u.event, u.topic, u.users::text[], u.payload,
             timestamptz 'epoch' + u.at * interval '1 microsecond'
        from unnest(org_ids, ids, events, topics, user_ids, created, payloads)
             with ordinality as u (org_id, id, event, topic, users, at, payload, n);
      outcome := 'appended';
    exception when unique_violation then
      outcome := 'known';
      first_offset := null;
      select a.offsets, a.conflicts into offsets, conflicts
        from "${schema}".append_unknown(groups, org_ids, ids, events, topics, user_ids, created, payloads) a;
    end;
  end if;
  if says or sealed.sealed > 0 then
    perform "${schema}".announce();
  end if;
end $$;

revoke execute on all functions in schema "${schema}" from public;

-- How events get into the log. Every function pins its search_path and names the schema. What runs once for each event
-- or batch is PL/pgSQL, which keeps its plans: a function in SQL is parsed and planned at every call.

-- The proof in a cursor: the same as Position.checkOf in Java.
create function "${schema}".check_of(event_id text) returns text
language sql immutable strict parallel safe
return left(encode(sha256(convert_to(event_id, 'UTF8')), 'hex'), 6);

-- Names this incarnation of the log; a promoted standby has another one.
create function "${schema}".epoch() returns text
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return left(encode(sha256(convert_to(concat_ws(':',
           (select s.store_id from "${schema}".store s),
           (select system_identifier from pg_control_system()),
           (select oid from pg_database where datname = current_database()),
           left(pg_walfile_name(pg_current_wal_lsn()), 8)), 'UTF8')), 'hex'), 12);
end $$;

-- What the awake sealer holds and publishers try: two integers, the second from the stage's oid.
create function "${schema}".awake_key(out space integer, out key integer)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  space := 1920233063;
  key := ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer;
end $$;

-- Refuses to go on inside somebody's transaction, where its snapshots would lie.
create function "${schema}".require_alone() returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the log is written under READ COMMITTED only, this is %', current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state';
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the log is written in a transaction of its own, this one has written already'
      using errcode = 'invalid_transaction_state', hint = 'Publish inside a transaction with publish().';
  end if;
  -- Not SET on the function: that would be undone before the commit it is meant for.
  perform set_config('synchronous_commit', 'on', true);
  perform set_config('enable_seqscan', 'off', true);
  -- A plan that must scan a small table all the same counts as very dear then, and would be compiled: 100 ms a call.
  perform set_config('jit', 'off', true);
end $$;

-- Which transactions ended between two snapshots, as ranges low <= id < high: those that were open at the first one,
-- one by one, and what lies between the ones that are open at the second. Open ones are left out as ranges, not by a
-- filter: what a long writer has staged is never stepped over.
create function "${schema}".ended_between(prev pg_snapshot, cur pg_snapshot) returns table (low xid8, high xid8)
language plpgsql immutable strict set search_path = pg_catalog, pg_temp
as $$
declare
  x xid8;
begin
  if pg_snapshot_xmin(prev) < pg_snapshot_xmax(prev) then
    for x in select p from pg_snapshot_xip(prev) p where pg_visible_in_snapshot(p, cur) loop
      low := x;
      high := (x::text::bigint + 1)::text::xid8;
      return next;
    end loop;
  end if;
  low := pg_snapshot_xmax(prev);
  if pg_snapshot_xmin(cur) < pg_snapshot_xmax(cur) then
    for x in select c from pg_snapshot_xip(cur) c where c >= pg_snapshot_xmax(prev) order by c loop
      high := x;
      if low < high then
        return next;
      end if;
      low := (x::text::bigint + 1)::text::xid8;
    end loop;
  end if;
  high := pg_snapshot_xmax(cur);
  if low < high then
    return next;
  end if;
end $$;

-- Whether committed events wait in the stage. A read: takes no lock of ours and writes nothing. By index only: what
-- was sealed and not yet cleaned lies in front of what is new.
create function "${schema}".is_staged() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
as $$
declare
  last record;
begin
  select t.snapshot, t.sealed_to into last from "${schema}".tick t order by t.number desc limit 1;
  return last.sealed_to is not null
      or exists (select from "${schema}".ended_between(last.snapshot, pg_current_snapshot()) r
                  cross join lateral (select from "${schema}".stage s where s.xid >= r.low and s.xid < r.high limit 1) s);
end $$;

-- Gives staged events their offsets. The gate is held. At most so many rows, and 16 MB of payload unless a single row
-- is larger: `more` says that another portion is due.
create function "${schema}".seal_portion(max_rows integer, out sealed bigint, out more boolean)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  last        record;
  prev        pg_snapshot;
  cur         pg_snapshot;
  seq_before  bigint;
  seq_after   bigint;
  found_rows  bigint;
  found_bytes bigint;
begin
  select t.number, t.snapshot, t.sealer, t.seq_before, t.sealed_to into strict last
    from "${schema}".tick t order by t.number desc limit 1;
  if last.sealed_to is not null then
    sealed := "${schema}".seal_backlog(max_rows);
    more := true;
    return;
  end if;

  prev := last.snapshot;
  -- In this order, and before this transaction has an id: see the columns of tick.
  seq_before := (select q.last_value - 1 from "${schema}".stage_seq_seq q);
  cur := pg_current_snapshot();
  if pg_snapshot_xmax(cur) < pg_snapshot_xmax(prev) then
    raise exception 'transaction ids went back: this store was restored'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Call settle() first.';
  end if;

  -- All or nothing: if there is more than a portion, none of it goes this way.
  with found as materialized (
    select s.* from "${schema}".ended_between(prev, cur) r
     cross join lateral (select * from "${schema}".stage a where a.xid >= r.low and a.xid < r.high) s
     limit max_rows + 1
  ), measured as materialized (
    select count(*) as number, coalesce(sum(octet_length(f.payload)), 0) as bytes from found f
  ), appended as (
    insert into "${schema}".log ("offset", seq, org_id, id, event, topic, user_ids, payload, created_at)
    select nextval('"${schema}".log_offset'), f.seq, f.org_id, f.id, f.event, f.topic, f.user_ids, f.payload, f.created_at
      from (select * from found where (select m.number <= max_rows and m.bytes < 16777216 from measured m)
             order by seq) f
        on conflict (org_id, id) do nothing
  )
  select m.number, m.bytes into found_rows, found_bytes from measured m;

  more := found_rows > max_rows or found_bytes >= 16777216;
  if more then
    seq_after := (select q.last_value from "${schema}".stage_seq_seq q);
    insert into "${schema}".tick (number, snapshot, seq_before, seq_after, sealed_to)
    values (last.number + 1, cur, seq_before, seq_after,
            -- Before the first row that this tick may pick. Who was at work when the last one was made may have drawn
            -- a seq before it, also with an id beyond its snapshot: that ends with the newest id that had ended.
            least(last.seq_before, (
              select min(f.seq) - 1 from (
                select p from pg_snapshot_xip(prev) p
                 union all
                select g::text::xid8 from generate_series(pg_snapshot_xmax(prev)::text::bigint, last.sealer::text::bigint) g
              ) early (x) cross join lateral (
                select s.seq from "${schema}".stage s where s.xid = early.x order by s.seq limit 1) f)));
    sealed := "${schema}".seal_backlog(max_rows);
    return;
  end if;
  sealed := found_rows;
  if found_rows > 0
     -- Rows of transactions that rolled back lie in the range too: don't step over ever more of them.
     or pg_snapshot_xmax(cur)::text::bigint - pg_snapshot_xmax(prev)::text::bigint > 10000 then
    seq_after := (select q.last_value from "${schema}".stage_seq_seq q);
    insert into "${schema}".tick (number, snapshot, seq_before, seq_after)
    values (last.number + 1, cur, seq_before, seq_after);
  end if;
end $$;

-- The next portion of a tick that is too large for one. The gate is held. There is always more to look for: what was
-- committed since that tick.
create function "${schema}".seal_backlog(max_rows integer) returns bigint
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  open_tick record;
  prev      pg_snapshot;
  sealed    bigint;
  newest    bigint;
  is_full   boolean;
begin
  select t.number, t.snapshot, t.seq_after, t.sealed_to into strict open_tick
    from "${schema}".tick t order by t.number desc limit 1;
  select t.snapshot into strict prev from "${schema}".tick t where t.number = open_tick.number - 1;

  with found as materialized (
    select f.*, sum(octet_length(f.payload)) over (order by f.seq rows unbounded preceding)
                - octet_length(f.payload) as bytes_before
      from (select * from "${schema}".stage s
             where s.seq > open_tick.sealed_to and s.seq <= open_tick.seq_after
               and pg_visible_in_snapshot(s.xid, open_tick.snapshot) and not pg_visible_in_snapshot(s.xid, prev)
             order by s.seq
             limit max_rows) f
  ), portion as materialized (
    select * from found f where f.bytes_before < 16777216
  ), appended as (
    insert into "${schema}".log ("offset", seq, org_id, id, event, topic, user_ids, payload, created_at)
    select nextval('"${schema}".log_offset'), f.seq, f.org_id, f.id, f.event, f.topic, f.user_ids, f.payload, f.created_at
      from (select * from portion order by seq) f
        on conflict (org_id, id) do nothing
  )
  select count(*), max(p.seq), count(*) = max_rows or count(*) < (select count(*) from found)
    into sealed, newest, is_full
    from portion p;
  update "${schema}".tick set sealed_to = case when is_full then newest end where number = open_tick.number;
  return sealed;
end $$;

-- Seals what is staged: one call, alone in an autocommit READ COMMITTED transaction.
create function "${schema}".seal(max_rows integer, out sealed bigint, out more boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  if (max_rows > 0) is not true then
    raise exception 'max_rows: % is not allowed', coalesce(max_rows::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'It is 1 or more.';
  end if;
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  select p.sealed, p.more into sealed, more from "${schema}".seal_portion(max_rows) p;
  if sealed > 0 then
    perform pg_notify('${channel}', '{"look":1}');
  end if;
end $$;

-- Tells all instances to look at the log. Who appends often may leave it to a later one: `says` false.
create function "${schema}".announce() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_notify('${channel}', '{"look":1}');
end $$;

-- Writes events straight into the log, in one short transaction, after what is staged. One row answers:
--   appended  all of them, the first at first_offset and each next one at the next
--   known     at least one id was in the log already: for each event, in order, the offset it has and whether it is a
--             conflict (another event of that id is there, so its whole group was left out)
--   backlog   more is staged than fits here: seal first, then call again
create function "${schema}".append(
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

-- What append() does when some of the ids are in the log already. The gate is held.
create function "${schema}".append_unknown(
  groups integer[], org_ids text[], ids text[], events text[], topics text[], user_ids text[], created bigint[],
  payloads bytea[], out offsets bigint[], out conflicts boolean[])
language sql set search_path = pg_catalog, pg_temp
as $$
  with given as materialized (
    select u.n, u.grp, u.org_id, u.id, u.event, u.topic, u.users::text[] as users,
           timestamptz 'epoch' + u.at * interval '1 microsecond' as created_at, u.payload
      from unnest(groups, org_ids, ids, events, topics, user_ids, created, payloads)
           with ordinality as u (grp, org_id, id, event, topic, users, at, payload, n)
  ), known as materialized (
    select g.n, g.grp, l."offset" as o,
           l.event = g.event and l.topic = g.topic and l.payload = g.payload
             and l.user_ids is not distinct from g.users as same
      from given g cross join lateral (
             -- `offset 0`: one look-up by index for each event, whatever the statistics say.
             select * from "${schema}".log o where o.org_id = g.org_id and o.id = g.id offset 0) l
  ), fresh as materialized (
    select f.*, nextval('"${schema}".log_offset') as o
      from (select * from given g
             where not exists (select from known k where k.n = g.n)
               and not exists (select from known k where k.grp = g.grp and not k.same)
             order by g.n) f
  ), appended as (
    insert into "${schema}".log ("offset", org_id, id, event, topic, user_ids, payload, created_at)
    select f.o, f.org_id, f.id, f.event, f.topic, f.users, f.payload, f.created_at from fresh f
  )
  select array_agg(coalesce(f.o, k.o) order by g.n), array_agg(coalesce(not k.same, false) order by g.n)
    from given g left join fresh f using (n) left join known k using (n)
$$;

-- A UUID of version 7: sortable by time.
create function "${schema}".new_id() returns text
language sql volatile parallel safe
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
         placing substring(int8send((date_part('epoch', clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
         52, 1), 53, 1), 'hex')::uuid::text;

-- Refuses what the front door refuses, in the same words. Only the pattern is a regular expression: a bounded
-- repetition in it costs more than all the rest of a publication.
create function "${schema}".require_name(field text, value text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  if (octet_length(value) <= 128 and value collate "C" ~ '^[A-Za-z0-9_][A-Za-z0-9._:-]*$') is not true then
    raise exception '%: % is not allowed', field, coalesce(quote_literal(left(value, 40)), 'null')
      using errcode = 'invalid_parameter_value',
            hint = 'It is 1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter, a digit or _.';
  end if;
end $$;

-- The answer to what publish() does not take.
create function "${schema}".require_event(org_id text, event text, topic text, id text, user_ids text[], kind text)
returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_read_only')::boolean then
    raise exception 'an event cannot be published in a read-only transaction'
      using errcode = 'read_only_sql_transaction', hint = 'Publish on the primary, in a transaction that may write.';
  end if;
  perform "${schema}".require_name('org_id', require_event.org_id);
  perform "${schema}".require_name('event', require_event.event);
  perform "${schema}".require_name('topic', require_event.topic);
  if require_event.id is not null then
    perform "${schema}".require_name('id', require_event.id);
  end if;
  if starts_with(require_event.event, 'realtime.') then
    raise exception 'event: the prefix ''realtime.'' is reserved'
      using errcode = 'invalid_parameter_value', hint = 'Choose another name.';
  end if;
  if kind is null or kind = 'null' then
    raise exception 'payload: is null' using errcode = 'null_value_not_allowed', hint = 'Leave it out, or publish a value.';
  end if;
  if require_event.user_ids is not null and (cardinality(require_event.user_ids) not between 1 and 1000
      or exists (select from unnest(require_event.user_ids) u
                  where (octet_length(u) between 1 and 255 and u collate "C" ~ '^[]!#-[^-~]+$') is not true)) then
    raise exception 'user_ids: not allowed' using errcode = 'invalid_parameter_value',
      hint = 'Leave it out for everybody, or name 1 to 1000 users of 1 to 255 visible ASCII characters except " and \.';
  end if;
end $$;

-- Refuses a payload that is larger than the store allows.
create function "${schema}".require_size(payload text) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  size  integer := octet_length(convert_to(require_size.payload, 'UTF8'));
  most  integer;
begin
  select s.max_payload_bytes into strict most from "${schema}".store s;
  if size > most then
    raise exception 'payload: % bytes; at most % are allowed', size, most
      using errcode = 'program_limit_exceeded', hint = 'Publish an id and let the reader fetch the rest.';
  end if;
end $$;

-- Publishes one event with the caller's transaction: it is heard after commit, and never after rollback. No lock is
-- kept. Returns the event's id. Set realtime.hint to off in transactions that end with PREPARE TRANSACTION. A text is
-- what an untyped literal becomes. Few expressions, because each is made ready anew in every transaction.
create function "${schema}".publish(
  org_id text, event text, payload text default '{}', topic text default 'events', user_ids text[] default null,
  id text default null)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  kind      text;
  reason    text;
  users     text[];
  event_id  text;
begin
  begin
    kind := json_typeof(publish.payload::json);
  exception when invalid_text_representation or character_not_in_repertoire or untranslatable_character then
    get stacked diagnostics reason = pg_exception_detail;
    raise exception 'payload: is not JSON' using errcode = 'invalid_text_representation', detail = reason,
      hint = 'It is one JSON value; to_json() makes one of any value.';
  end;
  -- All names in one look: a space is in none of them, and lengths in a pattern would be dear. What does not pass is
  -- looked at one by one.
  if (kind <> 'null' and publish.user_ids is null and not starts_with(publish.event, 'realtime.')
      and not current_setting('transaction_read_only')::boolean
      and greatest(octet_length(publish.org_id), octet_length(publish.event), octet_length(publish.topic),
                   octet_length(publish.id)) <= 128
      and (publish.org_id || ' ' || publish.event || ' ' || publish.topic || ' ' || coalesce(publish.id, 'none')) collate "C"
          ~ ('^[A-Za-z0-9_][A-Za-z0-9._:-]* [A-Za-z0-9_][A-Za-z0-9._:-]*'
             ' [A-Za-z0-9_][A-Za-z0-9._:-]* [A-Za-z0-9_][A-Za-z0-9._:-]*$'))
     is not true then
    perform "${schema}".require_event(
      publish.org_id, publish.event, publish.topic, publish.id, publish.user_ids, kind);
    if publish.user_ids is not null then
      users := array(select distinct u from unnest(publish.user_ids) u order by u);
    end if;
  end if;
  -- The smallest limit that a store can have: up to there nobody has to look at it.
  if octet_length(convert_to(publish.payload, 'UTF8')) > 1024 then
    perform "${schema}".require_size(publish.payload);
  end if;

  -- The transaction has its id before the row gets its seq: the table's columns are in that order (tick.sealer). One
  -- row of values and no query: what a query needs is set up anew each time, and cost more than all the rest.
  -- Line breaks can only be white space in JSON, and an event is one line.
  insert into "${schema}".stage (org_id, id, event, topic, user_ids, payload)
  values (publish.org_id, coalesce(publish.id, "${schema}".new_id()), publish.event, publish.topic, users,
          convert_to(replace(replace(publish.payload, E'\r', ' '), E'\n', ' '), 'UTF8'))
  returning stage.id into event_id;

  -- The hint only while the sealer sleeps: NOTIFY serialises all commits that send one. The key is awake_key()'s.
  -- Locked and unlocked in one expression: nothing can cancel this in between and leave the session with the lock.
  if (case when current_setting('realtime.hint', true) is distinct from 'off' then
       case when pg_try_advisory_lock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer)
            then pg_advisory_unlock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer)
       end end) then
    perform pg_notify('${channel}', '{"look":1}');
  end if;
  return event_id;
end $$;

-- The same for json and jsonb.
create function "${schema}".publish(
  org_id text, event text, payload json, topic text default 'events', user_ids text[] default null, id text default null)
returns text language sql volatile
return "${schema}".publish(org_id, event, payload::text, topic, user_ids, id);

create function "${schema}".publish(
  org_id text, event text, payload jsonb, topic text default 'events', user_ids text[] default null,
  id text default null)
returns text language sql volatile
return "${schema}".publish(org_id, event, payload::text, topic, user_ids, id);

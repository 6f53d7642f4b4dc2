-- How events get into the log. Every function pins its search_path and names the schema.

-- The proof in a cursor: the same as Position.checkOf in Java.
create function "${schema}".check_of(event_id text) returns text
language sql immutable strict parallel safe
return left(encode(sha256(convert_to(event_id, 'UTF8')), 'hex'), 6);

-- Names this incarnation of the log; a promoted standby has another one.
create function "${schema}".epoch() returns text
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$
  select left(encode(sha256(convert_to(concat_ws(':',
           s.store_id,
           (select system_identifier from pg_control_system()),
           (select oid from pg_database where datname = current_database()),
           left(pg_walfile_name(pg_current_wal_lsn()), 8)), 'UTF8')), 'hex'), 12)
    from "${schema}".store s
$$;

-- What the awake sealer holds and publishers try: two integers, the second from the stage's oid.
create function "${schema}".awake_key(out space integer, out key integer)
language sql stable security definer set search_path = pg_catalog, pg_temp
as $$ select 1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer $$;

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

-- Whether committed events wait in the stage. A read: takes no lock of ours and writes nothing. By index only: what
-- was sealed and not yet cleaned lies in front of what is new.
create function "${schema}".is_staged() returns boolean
language plpgsql stable security definer set search_path = pg_catalog, pg_temp set enable_seqscan = off
as $$
declare
  last      record;
  previous  xid8[];
begin
  select t.snapshot, t.sealed_to into last from "${schema}".tick t order by t.number desc limit 1;
  if last.sealed_to is not null then
    return true;
  end if;
  previous := array(select pg_snapshot_xip(last.snapshot));
  return exists (select from "${schema}".stage s where s.xid >= pg_snapshot_xmax(last.snapshot))
      or exists (select from "${schema}".stage s where s.xid = any (previous));
end $$;

-- Gives staged events their offsets. The gate is held. One portion, of so many rows and 16 MB of payload (which a
-- single row may exceed): `more` says that another is due.
create function "${schema}".seal_portion(max_rows integer, out sealed integer, out more boolean)
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  last     record;
  prev     pg_snapshot;
  cur      pg_snapshot;
  previous xid8[];
  after    bigint := 0;
  newest   bigint;
  resumes  boolean;
  is_full  boolean;
begin
  select t.number, t.snapshot, t.sealed_to into strict last from "${schema}".tick t order by t.number desc limit 1;
  resumes := last.sealed_to is not null;
  if resumes then
    select t.snapshot into strict prev from "${schema}".tick t where t.number = last.number - 1;
    cur := last.snapshot;
    after := last.sealed_to;
  else
    prev := last.snapshot;
    cur := pg_current_snapshot();
  end if;
  if pg_snapshot_xmax(cur) < pg_snapshot_xmax(prev) then
    raise exception 'transaction ids went back: this store was restored'
      using errcode = 'object_not_in_prerequisite_state', hint = 'Call settle() first.';
  end if;
  previous := array(select pg_snapshot_xip(prev));

  -- Two index scans: what began since the last tick, and what was open at it. `offset 0` keeps the planner from
  -- joining with the whole log: one look-up by its index for each event, whatever the statistics say.
  with found as materialized (
    select f.*, count(*) over () as number_found,
           sum(octet_length(f.payload)) over (order by f.seq) - octet_length(f.payload) as bytes_before
      from (
        select p.* from (
          select * from "${schema}".stage a where a.xid >= pg_snapshot_xmax(prev) and a.xid < pg_snapshot_xmax(cur)
          union all
          select * from "${schema}".stage b where b.xid = any (previous)
        ) p
        where p.seq > after and pg_visible_in_snapshot(p.xid, cur)
        order by p.seq
        limit max_rows) f
  ), firsts as (
    select distinct on (p.org_id, p.id) p.* from found p where p.bytes_before < 16777216 order by p.org_id, p.id, p.seq
  ), appended as (
    insert into "${schema}".log ("offset", seq, org_id, id, event, topic, user_ids, payload, created_at)
    select nextval('"${schema}".log_offset'), f.seq, f.org_id, f.id, f.event, f.topic, f.user_ids, f.payload, f.created_at
      from (select * from firsts o
             where not exists (select from "${schema}".log l where l.org_id = o.org_id and l.id = o.id offset 0)
             order by o.seq) f
  )
  select count(*), max(p.seq), count(*) = max_rows or count(*) < coalesce(max(p.number_found), 0)
    into sealed, newest, is_full
    from found p where p.bytes_before < 16777216;

  more := is_full or resumes;
  if resumes then
    update "${schema}".tick set sealed_to = case when is_full then newest end where number = last.number;
  elsif sealed > 0
     -- Rows of transactions that rolled back lie in the range too: don't step over ever more of them.
     or pg_snapshot_xmax(cur)::text::bigint - pg_snapshot_xmax(prev)::text::bigint > 10000 then
    insert into "${schema}".tick (number, snapshot, sealed_to)
    values (last.number + 1, cur, case when is_full then newest end);
  end if;
end $$;

-- Seals what is staged: one call, alone in an autocommit READ COMMITTED transaction.
create function "${schema}".seal(max_rows integer, out sealed integer, out more boolean)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  select p.sealed, p.more into sealed, more from "${schema}".seal_portion(max_rows) p;
  if sealed > 0 then
    perform pg_notify('${channel}', '{"look":1}');
  end if;
end $$;

-- Writes events straight into the log, in one short transaction, after what is staged. Events of one group are
-- appended all or none. Answers for each ordinal: appended, duplicate (with the old offset) or conflict; or one row
-- `backlog` when more is staged than fits here: seal first, then call again.
create function "${schema}".append(
  groups integer[], org_ids text[], ids text[], events text[], topics text[], user_ids text[], created timestamptz[],
  payloads bytea[])
returns table (ordinal integer, at_offset bigint, outcome text, in_epoch text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  staged  record;
  now_in  text;
begin
  perform "${schema}".require_alone();
  lock table "${schema}".gate in share row exclusive mode;
  select * into staged from "${schema}".seal_portion(5000);
  if staged.more then
    perform pg_notify('${channel}', '{"look":1}');
    return query select 0, 0::bigint, 'backlog', null::text;
    return;
  end if;
  now_in := "${schema}".epoch();
  return query
    with given as materialized (
      select u.n::integer as n, u.grp, u.org_id, u.id, u.event, u.topic, u.users::text[] as users, u.at, u.payload
        from unnest(groups, org_ids, ids, events, topics, user_ids, created, payloads)
             with ordinality as u (grp, org_id, id, event, topic, users, at, payload, n)
    ), known as materialized (
      select g.n, g.grp, l."offset" as o,
             l.event = g.event and l.topic = g.topic and l.payload = g.payload
               and l.user_ids is not distinct from g.users as same
        from given g cross join lateral (
               select * from "${schema}".log o where o.org_id = g.org_id and o.id = g.id offset 0) l
    ), fresh as materialized (
      select f.*, nextval('"${schema}".log_offset') as o
        from (select * from given g
               where not exists (select from known k where k.n = g.n)
                 and not exists (select from known k where k.grp = g.grp and not k.same)
               order by g.n) f
    ), appended as (
      insert into "${schema}".log ("offset", org_id, id, event, topic, user_ids, payload, created_at)
      select f.o, f.org_id, f.id, f.event, f.topic, f.users, f.payload, f.at from fresh f
    )
    select f.n, f.o, 'appended', now_in from fresh f
    union all
    select k.n, k.o, case when k.same then 'duplicate' else 'conflict' end, now_in from known k;
  perform pg_notify('${channel}', '{"look":1}');
end $$;

-- A UUID of version 7: sortable by time.
create function "${schema}".new_id() returns text
language sql volatile parallel safe
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
         placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6),
         52, 1), 53, 1), 'hex')::uuid::text;

-- Refuses what the front door refuses, in the same words.
create function "${schema}".require_name(field text, value text) returns void
language plpgsql immutable set search_path = pg_catalog, pg_temp
as $$
begin
  if value is null or value !~ '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}$' then
    raise exception '%: % is not allowed', field, coalesce(quote_literal(left(value, 40)), 'null')
      using errcode = 'invalid_parameter_value',
            hint = 'It is 1 to 128 of A-Z a-z 0-9 . _ : -, the first a letter, a digit or _.';
  end if;
end $$;

-- Publishes one event with the caller's transaction: it is heard after commit, and never after rollback. No lock is
-- kept. Returns the event's id. Set realtime.hint to off in transactions that end with PREPARE TRANSACTION.
create function "${schema}".publish(
  org_id text, event text, payload json, topic text default 'events', user_ids text[] default null, id text default null)
returns text
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  body      bytea;
  most      integer;
  awake     record;
  event_id  text := coalesce(publish.id, "${schema}".new_id());
begin
  if current_setting('transaction_read_only')::boolean then
    raise exception 'an event cannot be published in a read-only transaction'
      using errcode = 'read_only_sql_transaction', hint = 'Publish on the primary, in a transaction that may write.';
  end if;
  perform "${schema}".require_name('org_id', publish.org_id);
  perform "${schema}".require_name('event', publish.event);
  perform "${schema}".require_name('topic', publish.topic);
  perform "${schema}".require_name('id', event_id);
  if starts_with(publish.event, 'realtime.') then
    raise exception 'event: the prefix ''realtime.'' is reserved'
      using errcode = 'invalid_parameter_value', hint = 'Choose another name.';
  end if;
  if publish.payload is null or json_typeof(publish.payload) = 'null' then
    raise exception 'payload: is null' using errcode = 'null_value_not_allowed', hint = 'Leave it out, or send a value.';
  end if;
  if publish.user_ids is not null and (cardinality(publish.user_ids) not between 1 and 1000
      or exists (select from unnest(publish.user_ids) u where u is null or u !~ '^[]!#-[^-~]{1,255}$')) then
    raise exception 'user_ids: not allowed' using errcode = 'invalid_parameter_value',
      hint = 'Leave it out for everybody, or name 1 to 1000 users of 1 to 255 visible ASCII characters except " and \.';
  end if;
  -- Line breaks can only be white space in JSON, and an event is one line.
  body := convert_to(translate(publish.payload::text, E'\r\n', '  '), 'UTF8');
  select s.max_payload_bytes into most from "${schema}".store s;
  if octet_length(body) > most then
    raise exception 'payload: % bytes; at most % are allowed', octet_length(body), most
      using errcode = 'program_limit_exceeded', hint = 'Publish an id and let the reader fetch the rest.';
  end if;

  insert into "${schema}".stage (org_id, id, event, topic, user_ids, payload)
  values (publish.org_id, event_id, publish.event, publish.topic,
          (select array_agg(distinct u order by u) from unnest(publish.user_ids) u), body);

  -- The hint only while the sealer sleeps: NOTIFY serialises all commits that send one.
  if current_setting('realtime.hint', true) is distinct from 'off' then
    select * into awake from "${schema}".awake_key();
    -- Locked and unlocked in one expression: nothing can cancel this in between and leave the session with the lock.
    if (case when pg_try_advisory_lock_shared(awake.space, awake.key)
             then pg_advisory_unlock_shared(awake.space, awake.key) end) then
      perform pg_notify('${channel}', '{"look":1}');
    end if;
  end if;
  return event_id;
end $$;

-- The same for a text, which is what an untyped literal becomes, and for jsonb.
create function "${schema}".publish(
  org_id text, event text, payload text default '{}', topic text default 'events', user_ids text[] default null,
  id text default null)
returns text
language plpgsql volatile set search_path = pg_catalog, pg_temp
as $$
declare
  body    json;
  reason  text;
begin
  begin
    body := publish.payload::json;
  exception when invalid_text_representation or character_not_in_repertoire or untranslatable_character then
    get stacked diagnostics reason = pg_exception_detail;
    raise exception 'payload: is not JSON' using errcode = 'invalid_text_representation', detail = reason,
      hint = 'It is one JSON value; to_json() makes one of any value.';
  end;
  return "${schema}".publish(publish.org_id, publish.event, body, publish.topic, publish.user_ids, publish.id);
end $$;

create function "${schema}".publish(
  org_id text, event text, payload jsonb, topic text default 'events', user_ids text[] default null,
  id text default null)
returns text language sql volatile
return "${schema}".publish(org_id, event, payload::text::json, topic, user_ids, id);

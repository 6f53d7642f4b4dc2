-- Who may publish what. The organisation _instances is what instances tell each other, such as revocations: it comes from
-- append(), which is for instances, and from nobody else. And what a watched statement must not fail by.

-- The answer to what publish() does not take.
create or replace function "${schema}".require_event(org_id text, event text, topic text, id text, user_ids text[], kind text)
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
  if require_event.org_id = '_instances' then
    raise exception 'org_id: ''_instances'' is reserved'
      using errcode = 'invalid_parameter_value', hint = 'What instances tell each other comes from no publisher.';
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

-- Publishes one event with the caller's transaction: it is heard after commit, and never after rollback. No lock is
-- kept. Returns the event's id. Set realtime.hint to off in transactions that end with PREPARE TRANSACTION. A text is
-- what an untyped literal becomes. Few expressions, because each is made ready anew in every transaction.
create or replace function "${schema}".publish(
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
      and publish.org_id <> '_instances'
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

-- Stages pings: for each an organisation, an action (create, update, delete) and a value, which becomes the payload's
-- `field`. For the trigger functions, so for owners of tables, who may publish anyway. What no organisation can be
-- called has no subscribers and is left out. Returns how many were staged.
create or replace function "${schema}".stage_pings(
  topic text, resource text, field text, org_ids text[], actions text[], vals jsonb[]) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
  name_rule  constant text := '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}$';
  staged     integer;
  largest    integer;
  fits       boolean := true;
begin
  if not coalesce(topic ~ name_rule and resource ~ '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,118}$'
                  and not starts_with(resource || '.', 'realtime.') and field in ('id', 'count')
                  and actions <@ '{create,update,delete}', false) then
    raise exception 'stage_pings() is for the triggers of watch()'
      using errcode = 'invalid_parameter_value', hint = 'Publish with publish().';
  end if;
  -- As text, which is what is staged: stored, a value may be compressed, and a number is as long as its exponent says.
  largest := (select max(octet_length(v::text)) from unnest(vals) v);
  if largest > 65536 then
    raise exception 'the key of a row is % bytes long; at most 65536 are allowed', largest
      using errcode = 'program_limit_exceeded', hint = 'Watch with row_limit => 0: its pings name no keys.';
  end if;

  -- What no reader could take names no keys: the statement that is watched is not to fail for it. The smallest limit that a
  -- store can have is 1024.
  if largest > 960 and largest + 64 > (select s.max_payload_bytes from "${schema}".store s) then
    fits := false;
  elsif getdatabaseencoding() <> 'UTF8' then
    begin
      perform convert_to(v::text, 'UTF8') from unnest(vals) v;
    exception when character_not_in_repertoire or untranslatable_character then
      fits := false;
    end;
  end if;
  if not fits then
    field := 'count';
    select array_agg(c.org), array_agg(c.act), array_agg(to_jsonb(c.number)) into org_ids, actions, vals
      from (select p.org, p.act, count(*) as number from unnest(org_ids, actions, vals) as p (org, act, val)
             where p.val is not null group by p.org, p.act) c;
  end if;

  insert into "${schema}".stage (org_id, id, event, topic, payload)
  select p.org_id, "${schema}".new_id(), resource || '.' || p.action || 'd', topic,
         convert_to('{"action":"' || p.action || '","' || field || '":' || p.val::text || '}', 'UTF8')
    from unnest(org_ids, actions, vals) as p (org_id, action, val)
   where p.org_id ~ name_rule and p.org_id <> '_instances' and p.val is not null;
  get diagnostics staged = row_count;

  -- The hint only while the sealer sleeps, as in publish(). The key is awake_key()'s: asking for it costs more than the
  -- rest of this function.
  if staged > 0 and current_setting('realtime.hint', true) is distinct from 'off'
      and (case when pg_try_advisory_lock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer)
          then pg_advisory_unlock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer) end) then
    perform pg_notify('${channel}', '{"look":1}');
  end if;
  return staged;
end $$;

-- The same for one row, which is what most statements touch: an array less, and half the time. The lengths stand apart
-- from the pattern: counted in it they made it ten times as dear.
create or replace function "${schema}".stage_ping(topic text, resource text, org_id text, action text, id jsonb) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
begin
  -- What is odd in any way is left to the general way.
  if not coalesce(org_id || ' ' || topic || ' ' || resource
                    ~ '^[A-Za-z0-9_][A-Za-z0-9._:-]* [A-Za-z0-9_][A-Za-z0-9._:-]* [A-Za-z0-9_][A-Za-z0-9._:-]*$'
                  and octet_length(org_id) <= 128 and octet_length(topic) <= 128 and octet_length(resource) <= 119
                  and not starts_with(resource, 'realtime') and action in ('create', 'update', 'delete')
                  and octet_length(id::text) <= 960 and org_id <> '_instances' and getdatabaseencoding() = 'UTF8', false) then
    return "${schema}".stage_pings(topic, resource, 'id', array[org_id], array[action], array[id]);
  end if;
  insert into "${schema}".stage (org_id, id, event, topic, payload)
  values (org_id, "${schema}".new_id(), resource || '.' || action || 'd', topic,
          convert_to('{"action":"' || action || '","id":' || id::text || '}', 'UTF8'));
  if current_setting('realtime.hint', true) is distinct from 'off'
      and (case when pg_try_advisory_lock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer)
          then pg_advisory_unlock_shared(1920233063, ('"${schema}".stage'::regclass::oid::bigint - 2147483648)::integer) end) then
    perform pg_notify('${channel}', '{"look":1}');
  end if;
  return 1;
end $$;

-- The source of a trigger function. See docs/SQL.md for what it does; the pings of one statement are few (one each) or
-- many (one for each organisation and action). No parameter stands in a query, so that each is planned once a session.
create or replace function "${schema}".watch_source(relation regclass, options jsonb) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $watch$
declare
  tab        text;
  -- Names are equal byte for byte, whatever their column's collation takes for equal.
  org        text := quote_literal(options ->> 'org_id') || '::text collate "C"';
  keep       text := 'true';
  keyed      text;
  matched    text;
  key_id     text;
  sides      text;
  sample     text;
  counted    text;
  changes    text;
  few        text := options ->> 'row_limit';
  too_many   text := ((options ->> 'row_limit')::bigint + 1)::text;
  stages_one text := format('realtime_staged := "${schema}".stage_ping(%L, %L, ', options ->> 'topic', options ->> 'resource');
  stages     text := format('realtime_staged := "${schema}".stage_pings(%L, %L, ', options ->> 'topic', options ->> 'resource');
begin
  select quote_ident(c.relname) into tab from pg_class c where c.oid = relation;
  if options ->> 'org_column' is not null then
    org := format('%s.%I::text collate "C"', tab, options ->> 'org_column');
  end if;
  if options ->> 'condition' is not null then
    -- A comment may end it.
    keep := format(E'(%s\n) is true', options ->> 'condition');
  end if;
  -- Keys are compared as their index does it, wherever its operators are.
  select string_agg(format('%s.%I as key_%s', tab, a.attname, k.n), ', ' order by k.n),
         string_agg(format('n.key_%s operator(%I.%s) o.key_%s', k.n, coalesce(s.nspname, 'pg_catalog'), coalesce(p.oprname, '='), k.n), ' and ' order by k.n),
         case count(*) when 1 then min(format('to_jsonb(%s.%I::text)', tab, a.attname))
                       else 'jsonb_build_array(' || string_agg(format('%s.%I::text', tab, a.attname), ', ' order by k.n) || ')' end
    into keyed, matched, key_id
    from pg_index i
    cross join lateral unnest(i.indkey::smallint[], i.indclass::oid[]) with ordinality k (attnum, opclass, n)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    join pg_opclass c on c.oid = k.opclass
    left join pg_amop e on e.amopfamily = c.opcfamily and e.amopstrategy = 3 and e.amoplefttype = c.opcintype
                       and e.amoprighttype = c.opcintype and e.amopmethod = (select oid from pg_am where amname = 'btree')
    left join pg_operator p on p.oid = e.amopopr
    left join pg_namespace s on s.oid = p.oprnamespace
   where i.indrelid = relation and i.indisprimary and k.n <= i.indnkeyatts;

  -- Old and new rows meet by their key. A row that changed its key or its organisation leaves here and appears there.
  sides := format('select %s, %s as org, %s as id, %s as counts, (%s.*)::record as image from ', keyed, org, key_id, keep, tab);
  changes := format(
$sql$(select c.org, c.action, c.id
        from (%1$s realtime_new as %2$s) n full join (%1$s realtime_old as %2$s) o on %3$s
        cross join lateral (values
          (case when n.org = o.org then n.org else o.org end, case when n.org = o.org then 'update' else 'delete' end, o.id,
           case when n.org = o.org then n.counts or o.counts else o.counts end),
          (n.org, 'create', n.id, n.counts and n.org is distinct from o.org)) c (org, action, id, counts)
       where n.image operator(pg_catalog.*<>) o.image is not false and c.counts and c.org is not null)$sql$,
    sides, tab, matched);
  -- Rows change in the order in which both tables have them, so a few from the front tell most of what changed.
  sample := format(
$sql$select c.org
        from (%1$s (select * from realtime_new limit 1000) as %2$s) n join (%1$s (select * from realtime_old limit 1000) as %2$s) o on %3$s
        cross join lateral (values (n.org, n.counts), (o.org, o.counts)) c (org, counts)
       where n.image operator(pg_catalog.*<>) o.image and c.counts$sql$,
    sides, tab, matched);

  counted := case
    when options ->> 'org_column' is null and options ->> 'condition' is null then
      format($sql$select %s as org, 'update' as action, count(*) as number from realtime_new having count(*) > 0$sql$, org)
    else
      format(
$sql$select b.org, case when b.before = 0 then 'create' when b.after = 0 then 'delete' else 'update' end as action,
                     greatest(b.before, b.after) as number
                from (select u.org, sum(u.after) as after, sum(u.before) as before
                        from (select %1$s as org, count(*) as after, 0 as before from realtime_new as %2$s where %3$s group by 1
                              union all
                              select %1$s, 0, count(*) from realtime_old as %2$s where %3$s group by 1) u
                       where u.org is not null group by u.org) b order by b.org$sql$, org, tab, keep)
    end;

  return format(
$body$-- ${schema}.watch %1$s
#variable_conflict use_column
declare
  realtime_touched bigint;
  realtime_orgs text[];
  realtime_actions text[];
  realtime_values jsonb[];
  realtime_changed text[];
  realtime_staged integer;
  realtime_org text;
  realtime_id jsonb;
  realtime_counts boolean;
  realtime_stayed boolean;
  realtime_differs boolean;
  realtime_name constant name := tg_name;
begin
  -- Restored from a dump without our schema: the statement goes on, and nobody is there to hear of it.
  if to_regnamespace('"${schema}"') is null then
    raise warning 'the schema ${schema} is not here, so nobody is told of changes of %%', tg_relid::regclass
      using hint = format('Restore it too, or end the watch: drop function %%s() cascade',
                          (select p.oid::regproc from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                            where t.tgrelid = tg_relid and t.tgname = realtime_name));
    return null;
  end if;
  if tg_op = 'UPDATE' then
    -- One row, as most of the time: no join.
    select (select count(*) from (select from realtime_new limit 2) t), n.org, n.id, n.counts or o.counts,
           %8$s and n.org = o.org, n.image operator(pg_catalog.*<>) o.image
      into realtime_touched, realtime_org, realtime_id, realtime_counts, realtime_stayed, realtime_differs
      from (%9$s realtime_new as %10$s) n cross join (%9$s realtime_old as %10$s) o limit 1;
    if realtime_touched is null then
      return null;
    elsif realtime_touched = 1 and (realtime_stayed and %3$s > 0 or not realtime_differs) then
      if realtime_differs and realtime_counts then
        %11$srealtime_org, 'update', realtime_id);
      end if;
      return null;
    end if;
    -- The join is not begun when this says that there are many.
    select (select count(*) from (select from realtime_new limit %4$s) t), array_agg(p.org), array_agg(p.action), array_agg(p.id)
      into realtime_touched, realtime_orgs, realtime_actions, realtime_values
      from %2$s p where (select count(*) from (select from realtime_new limit %4$s) t) <= %3$s;
    if realtime_touched > %3$s then
      select sum(g.number), array_agg(g.org), array_agg(g.action), array_agg(to_jsonb(g.number))
        into realtime_touched, realtime_orgs, realtime_actions, realtime_values
        from (%6$s) g;
      if realtime_touched > %3$s then
        realtime_changed := array(select distinct s.org from (%7$s) s);
        if not realtime_orgs <@ realtime_changed then
          realtime_changed := array(select distinct p.org from %2$s p);
        end if;
        select array_agg(p.org), array_agg(p.action), array_agg(p.number)
          into realtime_orgs, realtime_actions, realtime_values
          from unnest(realtime_orgs, realtime_actions, realtime_values) as p (org, action, number)
         where p.org = any (realtime_changed);
        if realtime_orgs is not null then
          %5$s'count', realtime_orgs, realtime_actions, realtime_values);
        end if;
        return null;
      end if;
      select array_agg(p.org), array_agg(p.action), array_agg(p.id)
        into realtime_orgs, realtime_actions, realtime_values from %2$s p;
    end if;
    if realtime_orgs is not null then
      %5$s'id', realtime_orgs, realtime_actions, realtime_values);
    end if;
    return null;
  end if;
$body$, options, changes, few, too_many, stages, counted, sample,
       matched, sides, tab, stages_one)
  || (select string_agg(format(
$body$
  if tg_op = %1$L then
    select array_agg(p.org), array_agg(%2$L::text), array_agg(p.id)
      into realtime_orgs, realtime_actions, realtime_values
      from (select %5$s as org, %6$s as id from realtime_%3$s as %4$s where %5$s is not null and %7$s limit %9$s) p;
    if cardinality(realtime_orgs) > %8$s then
      select array_agg(g.org), array_agg(%2$L::text), array_agg(to_jsonb(g.number))
        into realtime_orgs, realtime_actions, realtime_values
        from (select %5$s as org, count(*) as number from realtime_%3$s as %4$s where %5$s is not null and %7$s group by 1 order by 1) g;
      %10$s'count', realtime_orgs, realtime_actions, realtime_values);
    elsif realtime_orgs is not null then
      %10$s'id', realtime_orgs, realtime_actions, realtime_values);
    end if;
    return null;
  end if;
$body$, o.op, o.action, o.side, tab, org, key_id, keep, few, too_many, stages), '')
        from (values ('INSERT', 'create', 'new'), ('DELETE', 'delete', 'old')) o (op, action, side))
  || format(
$body$
  -- TRUNCATE: reads what goes, but for partitions that say so themselves.
  execute %1$L || tg_relid::regclass || %2$L into realtime_orgs, realtime_actions, realtime_values using tg_relid, tg_name;
  if realtime_orgs is not null then
    %3$s'count', realtime_orgs, realtime_actions, realtime_values);
  end if;
  return null;
end $body$,
    format('select array_agg(g.org), array_agg(''delete''::text), array_agg(to_jsonb(g.number))'
           ' from (select %s as org, count(*) as number from (select * from ', org),
    format(' where tableoid = $1 or tableoid <> all (array(select t.tgrelid from pg_trigger t where t.tgname = $2))) as %s'
           ' where %s is not null and %s group by 1 order by 1) g', tab, org, keep),
    stages);
end $watch$;

revoke execute on all functions in schema "${schema}" from public;

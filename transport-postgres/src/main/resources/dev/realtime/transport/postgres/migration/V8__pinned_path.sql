-- What earlier migrations wrote down under the session's own search_path, anew under a pinned one. Defaults, checks, views
-- and SQL-standard bodies keep what their names meant when they were made: where others may create in a schema on that
-- path, that may have been an operator or a function of theirs. ADR 0013 says how nothing of that kind comes back.
set local search_path = pg_catalog, pg_temp;

alter table "${schema}".store
  alter column only_row set default true,
  alter column store_id set default replace(gen_random_uuid()::text, '-'::text, ''::text),
  alter column min_compatible set default 1,
  drop constraint store_only_row_check,
  add constraint store_only_row_check check (only_row);
alter table "${schema}".log
  alter column logged_at set default clock_timestamp();
alter table "${schema}".stage
  alter column xid set default pg_current_xact_id(),
  alter column created_at set default clock_timestamp();
alter table "${schema}".tick
  alter column sealer set default pg_current_xact_id();
alter table "${schema}".claim
  drop constraint claim_key_form,
  add constraint claim_key_form check (key ~ '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,127}$'::text);

-- The proof in a cursor: the same as Position.checkOf in Java.
create or replace function "${schema}".check_of(event_id text) returns text
language sql immutable strict parallel safe
return left(encode(sha256(convert_to(event_id, 'UTF8'::name)), 'hex'::text), 6);

-- A UUID of version 7: sortable by time.
create or replace function "${schema}".new_id() returns text
language sql volatile parallel safe
return encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
         placing substring(int8send((date_part('epoch'::text, clock_timestamp()) * 1000::double precision)::bigint) from 3)
         from 1 for 6), 52::bigint, 1), 53::bigint, 1), 'hex'::text)::uuid::text;

create or replace function "${schema}".publish(
  org_id text, event text, payload json, topic text default 'events', user_ids text[] default null, id text default null)
returns text language sql volatile
return "${schema}".publish(org_id, event, payload::text, topic, user_ids, id);

create or replace function "${schema}".publish(
  org_id text, event text, payload jsonb, topic text default 'events', user_ids text[] default null,
  id text default null)
returns text language sql volatile
return "${schema}".publish(org_id, event, payload::text, topic, user_ids, id);

-- The views. One that had a function of somebody else in it may have a column of another type or collation now: that
-- cannot be replaced, so it is dropped and made again, and who could read it still can.
do $views$
declare
  one   record;
  held  aclitem[];
  may   record;
begin
  for one in values
    -- What the log holds: after the floor everything, up to the head.
    ('log_range', $view$
select f.trimmed_through                                       as floor_offset,
       f.trimmed_check                                         as floor_check,
       coalesce(newest."offset", f.trimmed_through)            as head_offset,
       coalesce("${schema}".check_of(newest.id), f.trimmed_check) as head_check,
       "${schema}".epoch()                                     as epoch
  from (select * from "${schema}".floor order by number desc limit 1) f
  -- Not before the floor: what was trimmed may still have to be stepped over there.
  left join lateral (select l."offset", l.id from "${schema}".log l where l."offset" > f.trimmed_through
                      order by l."offset" desc limit 1) newest on true$view$),
    -- For people: the log with its payloads as text.
    ('events', $view$
select l."offset", l.org_id, l.id, l.event, l.topic, l.user_ids, convert_from(l.payload, 'UTF8'::name) as payload,
       l.created_at, l.logged_at
  from "${schema}".log l$view$),
    -- What is watched, as the catalog has it, with the options, and what is wrong with it if something is.
    ('watched', $view$
select w.relation, w.options ->> 'resource' as resource, w.options ->> 'topic' as topic,
       w.options ->> 'org_column' as org_column, w.options ->> 'org_id' as org_id, w.operations,
       w.options ->> 'condition' as condition, (w.options ->> 'row_limit')::integer as row_limit,
       case
         when w.options is null then 'its triggers are not ours: unwatch it, then watch it again'
         when w.disabled then 'a trigger is disabled: enable it'
         when w.owner <> w.relowner then 'its owner has changed: watch it again'
         when w.options -> 'key' is distinct from to_jsonb("${schema}".watch_key(w.relation))
           then 'its primary key has changed: watch it again'
         when w.options ->> 'org_column' is not null
              and not exists (select from pg_attribute a where a.attrelid = w.relation and not a.attisdropped
                                 and a.attname = w.options ->> 'org_column')
           then 'its organisation column is gone: watch it again'
         when exists (select from "${schema}".watch_members(w.relation) m
                       where not exists (select from pg_trigger t where t.tgrelid = m and t.tgfoid = w.function))
           then 'it has new partitions: watch it again'
         when not "${schema}".may_ping(w.relowner) then 'its owner may not publish'
       end as problem
  from (
    select t.tgrelid::regclass as relation, c.relowner, min(p.oid) as function, min(p.proowner) as owner,
           "${schema}".watch_options(min(p.prosrc)) as options, array_agg(n.operation order by n.operation) as operations,
           bool_or(t.tgenabled = 'D') as disabled
      from pg_trigger t
      join "${schema}".watch_triggers() n on n.trigger = t.tgname
      join pg_proc p on p.oid = t.tgfoid
      join pg_class c on c.oid = t.tgrelid
     -- A partition goes with its table.
     where not exists (select from pg_trigger r where c.relispartition and r.tgrelid = pg_partition_root(c.oid)
                          and r.tgfoid = t.tgfoid)
     group by t.tgrelid, c.relowner
  ) w$view$)
  loop
    begin
      execute format('create or replace view "${schema}".%I as %s', one.column1, one.column2);
    exception when invalid_table_definition then
      select c.relacl into strict held
        from pg_class c where c.relname = one.column1 and c.relnamespace = '"${schema}"'::regnamespace;
      execute format('drop view "${schema}".%I', one.column1);
      execute format('create view "${schema}".%I as %s', one.column1, one.column2);
      for may in select a.privilege_type, pg_get_userbyid(a.grantee) as role from aclexplode(held) a
                  where a.grantee <> 0 and a.grantee <> a.grantor loop
        execute format('grant %s on "${schema}".%I to %I', may.privilege_type, one.column1, may.role);
      end loop;
    end;
  end loop;
end $views$;

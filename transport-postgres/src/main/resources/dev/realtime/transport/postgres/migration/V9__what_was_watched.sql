-- What ends a watch is seen. The triggers say what is watched; this says what was meant to be, so that a table that took
-- another one's place, or lost its triggers, is not silent. ADR 0014.

-- The watched tables, by the names they had when they were watched.
create table "${schema}".watch_record (
  schema_name  name    not null,
  table_name   name    not null,
  relation     oid     not null,
  owner        oid     not null,
  operations   text[]  not null,
  options      jsonb   not null,
  constraint watch_record_key primary key (schema_name, table_name)
);

-- A foreign table that inherits from this one, at any level; null if there is none.
create function "${schema}".foreign_child(relation regclass) returns regclass
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with recursive heirs(oid) as (
    select i.inhrelid from pg_inherits i where i.inhparent = relation
     union
    select i.inhrelid from heirs h join pg_inherits i on i.inhparent = h.oid)
  select c.oid::regclass from heirs h join pg_class c using (oid) where c.relkind = 'f' limit 1
$$;

-- Notes that a table is watched, as its triggers say it: whoever calls it can note nothing that is not so.
create function "${schema}".remember_watch(relation regclass) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  delete from "${schema}".watch_record r where r.relation = remember_watch.relation;
  insert into "${schema}".watch_record as r (schema_name, table_name, relation, owner, operations, options)
  select n.nspname, c.relname, c.oid, c.relowner, array_agg(w.operation order by w.operation),
         "${schema}".watch_options(min(p.prosrc))
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_trigger t on t.tgrelid = c.oid
    join "${schema}".watch_triggers() w on w.trigger = t.tgname
    join pg_proc p on p.oid = t.tgfoid
   where c.oid = remember_watch.relation and "${schema}".watch_options(p.prosrc) is not null
   group by n.nspname, c.relname, c.oid, c.relowner
      on conflict (schema_name, table_name) do update
     set relation = excluded.relation, owner = excluded.owner, operations = excluded.operations, options = excluded.options;
end $$;

-- Forgets that a table was watched: what unwatch() does, and the way for a table that is gone. For the owner of what was
-- watched, or of what has its name now. Returns whether it was noted.
create function "${schema}".forget_watch(schema_name name, table_name name) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  noted  record;
  named  oid;
begin
  select r.* into noted from "${schema}".watch_record r
   where r.schema_name = forget_watch.schema_name and r.table_name = forget_watch.table_name;
  select c.oid into named from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = forget_watch.schema_name and c.relname = forget_watch.table_name;
  if noted.relation is null and named is not null then
    -- Renamed since it was watched.
    select r.* into noted from "${schema}".watch_record r where r.relation = named;
  end if;
  if noted.relation is null then
    return false;
  end if;
  if not (exists (select from pg_roles o where o.oid in (noted.owner, (select c.relowner from pg_class c where c.oid = named))
                   and pg_has_role(session_user, o.oid, 'MEMBER'))
          or pg_has_role(session_user, (select n.nspowner from pg_namespace n where n.oid = '"${schema}"'::regnamespace), 'MEMBER')) then
    raise exception 'the table %.% was watched by somebody else', quote_ident(schema_name), quote_ident(table_name)
      using errcode = 'insufficient_privilege', hint = 'Its owner, or the owner of the schema ${schema}, forgets it.';
  end if;
  delete from "${schema}".watch_record r where r.schema_name = noted.schema_name and r.table_name = noted.table_name;
  return true;
end $$;

-- Refuses what cannot be watched, and who may not.
create or replace function "${schema}".require_watchable(relation regclass) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  found_as  record;
begin
  if relation is null then
    raise exception 'relation: is null' using errcode = 'null_value_not_allowed', hint = 'Name a table.';
  end if;
  select c.relkind, c.relpersistence, c.relowner, c.relispartition, n.nspname into found_as
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
  if not found then
    raise exception 'relation: there is no table %', relation using errcode = 'undefined_table', hint = 'Name a table.';
  elsif found_as.relkind not in ('r', 'p') then
    raise exception 'relation: % is not a table', relation
      using errcode = 'wrong_object_type', hint = 'Watch the tables that it reads.';
  elsif found_as.nspname in ('pg_catalog', 'information_schema', 'pg_toast', '${schema}') then
    raise exception 'relation: % belongs to the system', relation
      using errcode = 'wrong_object_type', hint = 'Watch a table of your own.';
  elsif found_as.relpersistence = 't' then
    raise exception 'relation: % is a temporary table', relation
      using errcode = 'wrong_object_type', hint = 'Nobody else can fetch its rows; publish() what they should know.';
  elsif found_as.relispartition then
    raise exception 'relation: % is a partition', relation
      using errcode = 'wrong_object_type', hint = format('Watch %s: that covers its partitions.', pg_partition_root(relation));
  elsif "${schema}".foreign_child(relation) is not null then
    raise exception 'relation: the foreign table % inherits from %', "${schema}".foreign_child(relation), relation
      using errcode = 'wrong_object_type',
            hint = 'PostgreSQL gives a watched statement no rows of a foreign table, and fails it: take that out with'
                   ' ALTER FOREIGN TABLE … NO INHERIT, or publish() in place of watching.';
  elsif not pg_has_role(found_as.relowner, 'USAGE') then
    raise exception 'relation: % belongs to %, not to %', relation, pg_get_userbyid(found_as.relowner), current_user
      using errcode = 'insufficient_privilege', hint = 'Its owner watches it: SET ROLE, or ask them.';
  end if;
end $$;

-- The same but for what only keeps a table from being watched: what is watched can be unwatched.
create function "${schema}".require_unwatchable(relation regclass) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
begin
  if "${schema}".foreign_child(relation) is null then
    perform "${schema}".require_watchable(relation);
  elsif not pg_has_role((select c.relowner from pg_class c where c.oid = relation), 'USAGE') then
    raise exception 'relation: % belongs to somebody else', relation
      using errcode = 'insufficient_privilege', hint = 'Its owner unwatches it: SET ROLE, or ask them.';
  end if;
end $$;

-- Turns the changes of a table's rows into resource pings from now on, with these options; called again, replaces
-- them. Its caller owns the table, whose owner may publish. docs/SQL.md says what the options mean.
create or replace function "${schema}".watch(
  relation regclass, topic text default null, resource text default null, org_column text default null,
  org_id text default null, operations text[] default '{insert,update,delete,truncate}', condition text default null,
  row_limit integer default 100)
returns void
language plpgsql set search_path = pg_catalog, pg_temp set client_min_messages = warning set check_function_bodies = on
as $$
#variable_conflict use_variable
declare
  tab        record;
  key_names  text[];
  org_type   record;
  options    jsonb;
  members    regclass[];
  member     regclass;
  func       text;
  before     oid[];
  made       oid;
  one        record;
  number     integer := 1;
  settings   text := 'set search_path = pg_catalog, pg_temp set jit = off';
begin
  perform "${schema}".require_watchable(relation);
  execute format('lock table %s in share row exclusive mode', relation);
  perform "${schema}".require_watchable(relation);
  select c.oid, c.relname, c.relowner, n.nspname into strict tab
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;

  resource := coalesce(resource, tab.relname);
  if resource !~ '^[A-Za-z0-9_][A-Za-z0-9._:-]{0,118}$' or starts_with(resource || '.', 'realtime.') then
    raise exception 'resource: % is not allowed', quote_literal(left(resource, 40)) using errcode = 'invalid_parameter_value',
      hint = 'Give one: 1 to 119 of A-Z a-z 0-9 . _ : -, the first a letter, a digit or _; not beginning with realtime.';
  end if;
  topic := coalesce(topic, 'resource:' || resource);
  perform "${schema}".require_name('topic', topic);
  if row_limit is null or row_limit not between 0 and 1000000 then
    raise exception 'row_limit: % is not allowed', coalesce(row_limit::text, 'null')
      using errcode = 'invalid_parameter_value', hint = 'It is 0 to 1000000.';
  end if;
  if operations is null or cardinality(operations) = 0 or array_position(operations, null) is not null
      or not operations <@ '{insert,update,delete,truncate}' then
    raise exception 'operations: % is not allowed', coalesce(quote_literal(left(operations::text, 80)), 'null')
      using errcode = 'invalid_parameter_value', hint = 'Name one or more of insert, update, delete, truncate.';
  end if;

  key_names := "${schema}".watch_key(relation);
  if key_names is null then
    raise exception 'relation: % has no primary key', relation
      using errcode = 'object_not_in_prerequisite_state', hint = 'A ping names the row by its primary key: add one.';
  end if;

  if org_column is not null and org_id is not null then
    raise exception 'org_column, org_id: both are given'
      using errcode = 'invalid_parameter_value', hint = 'Give the column that holds the organisation, or one for all rows.';
  elsif org_id is not null then
    perform "${schema}".require_name('org_id', org_id);
  else
    org_column := coalesce(org_column,
      (select a.attname from pg_attribute a where a.attrelid = relation and a.attname = 'org_id' and not a.attisdropped));
    if org_column is null then
      org_id := 'default';
    else
      select t.typname, t.typcategory in ('S', 'E')
             or coalesce(nullif(t.typbasetype, 0), t.oid) = any ('{int2,int4,int8,uuid}'::regtype[]) as fits,
             a.attgenerated = 'v' as is_virtual into org_type
        from pg_attribute a join pg_type t on t.oid = a.atttypid
       where a.attrelid = relation and a.attname = org_column and a.attnum > 0 and not a.attisdropped;
      if not found then
        raise exception 'org_column: % has no column %', relation, quote_literal(left(org_column, 63))
          using errcode = 'undefined_column', hint = 'Name the column that holds the organisation.';
      elsif not org_type.fits then
        raise exception 'org_column: % is of the type %', quote_literal(org_column), org_type.typname
          using errcode = 'datatype_mismatch', hint = 'It is a text, an enum, a whole number or a uuid.';
      elsif org_type.is_virtual then
        raise exception 'org_column: % is a virtual generated column', quote_literal(org_column)
          using errcode = 'datatype_mismatch', hint = 'No trigger has its value: make it a stored one.';
      end if;
    end if;
  end if;
  if condition is not null then
    perform "${schema}".require_condition(relation, condition);
  end if;
  if not "${schema}".may_ping(tab.relowner) then
    raise exception 'the owner of %, %, may not publish', relation, pg_get_userbyid(tab.relowner)
      using errcode = 'insufficient_privilege',
            hint = format('Let the owner of the schema call %I.grant_publisher(%L).', '${schema}', pg_get_userbyid(tab.relowner));
  end if;
  options := jsonb_build_object('resource', resource, 'topic', topic, 'org_column', org_column, 'org_id', org_id,
                                'condition', condition, 'row_limit', row_limit, 'key', key_names);

  -- What a condition means would depend on the writer's settings, and so would the text of keys other than these.
  if condition is not null or exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
              where a.attrelid = relation and a.attname = any (key_names) and t.typcategory not in ('S', 'E')
                and t.oid <> all ('{int2,int4,int8,oid,uuid,numeric,bool}'::regtype[])) then
    settings := settings || ' set standard_conforming_strings = on set datestyle = iso, ymd set intervalstyle = iso_8601'
                         || ' set timezone = utc set bytea_output = hex set extra_float_digits = 1'
                         || ' set transform_null_equals = off';
  end if;

  members := array(select "${schema}".watch_members(relation));
  before := array(select distinct t.tgfoid from pg_trigger t
                   where t.tgrelid = any (members) and t.tgname in (select w.trigger from "${schema}".watch_triggers() w));
  -- The function that it has, unless another table uses that too, or another owner made it; else a free name.
  select p.oid::regproc::text into func from pg_proc p
   where p.oid = any (before) and p.proowner = tab.relowner and p.pronamespace = tab.nspname::regnamespace
     and "${schema}".watch_options(p.prosrc) is not null
     and not exists (select from pg_trigger t where t.tgfoid = p.oid and t.tgrelid <> all (members));
  while func is null loop
    select format('%I.%I', tab.nspname, f.name) into func
      from (select ('${schema}_watch' || coalesce(nullif(number, 1)::text, '') || '_' || tab.relname)::name as name) f
     where not exists (select from pg_proc p where p.pronamespace = tab.nspname::regnamespace and p.proname = f.name);
    number := number + 1;
  end loop;
  execute format('create or replace function %s() returns trigger language plpgsql security definer %s as %L',
                 func, settings, "${schema}".watch_source(relation, options));
  execute format('revoke execute on function %s() from public', func);
  made := (func || '()')::regprocedure;
  if (select p.proowner from pg_proc p where p.oid = made) <> tab.relowner then
    execute format('alter function %s() owner to %I', func, pg_get_userbyid(tab.relowner));
  end if;
  if (select p.proowner from pg_proc p where p.oid = made) <> tab.relowner then
    raise exception 'the trigger function % belongs to % and not to %, who owns the table', func,
      (select pg_get_userbyid(p.proowner) from pg_proc p where p.oid = made), pg_get_userbyid(tab.relowner)
      using errcode = 'object_not_in_prerequisite_state',
            hint = 'An event trigger gives what is made to somebody else (pg_event_trigger): let it leave this schema''s'
                   ' functions alone, or give the table to the same role.';
  end if;

  foreach member in array members loop
    for one in select w.operation, w.trigger, t.oid is not null as is_there
                 from "${schema}".watch_triggers() w
                 left join pg_trigger t on t.tgrelid = member and t.tgname = w.trigger
    loop
      if one.operation = any (operations) then
        execute format('create or replace trigger %I %s %s on %s %s for each statement execute function %s()', one.trigger,
          case one.operation when 'truncate' then 'before' else 'after' end, one.operation, member,
          case one.operation when 'insert' then 'referencing new table as realtime_new'
                             when 'update' then 'referencing old table as realtime_old new table as realtime_new'
                             when 'delete' then 'referencing old table as realtime_old' end, func);
      elsif one.is_there then
        execute format('drop trigger %I on %s', one.trigger, member);
      end if;
    end loop;
  end loop;
  perform "${schema}".drop_unused(before);
  perform "${schema}".remember_watch(relation);
end $$;

-- Ends the watching of a table. Returns whether it was watched.
create or replace function "${schema}".unwatch(relation regclass) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set client_min_messages = warning
as $$
declare
  functions  oid[];
  one        record;
begin
  perform "${schema}".require_unwatchable(relation);
  execute format('lock table %s in access exclusive mode', relation);
  functions := array(select distinct t.tgfoid
                       from pg_trigger t
                      where t.tgrelid in (select "${schema}".watch_members(relation))
                        and t.tgname in (select w.trigger from "${schema}".watch_triggers() w));
  for one in
    select t.tgname, t.tgrelid::regclass as member
      from pg_trigger t
     where t.tgrelid in (select "${schema}".watch_members(relation))
       and t.tgname in (select w.trigger from "${schema}".watch_triggers() w)
  loop
    execute format('drop trigger %I on %s', one.tgname, one.member);
  end loop;
  perform "${schema}".drop_unused(functions);
  select p.nspname, c.relname into strict one
    from pg_class c join pg_namespace p on p.oid = c.relnamespace where c.oid = relation;
  return "${schema}".forget_watch(one.nspname, one.relname) or cardinality(functions) > 0;
end $$;

-- The functions that publishers call, and those that these call with the publishers' own rights.
create or replace function "${schema}".publisher_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and p.proname in ('publish', 'position', 'watch', 'unwatch', 'stage_ping', 'stage_pings', 'may_ping', 'require_name',
                       'require_watchable', 'require_condition', 'watch_triggers', 'watch_options', 'watch_members',
                       'watch_key', 'watch_source', 'drop_unused', 'foreign_child', 'remember_watch',
                       'forget_watch', 'require_unwatchable')
$$;

-- The functions that a running instance calls, and those of the view watched: it writes the log itself and does not
-- publish by SQL.
create or replace function "${schema}".listener_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and (p.proname in ('position', 'watch_triggers', 'watch_options', 'watch_members', 'watch_key', 'may_ping') or p.oid not in (select "${schema}".publisher_functions()))
     and p.proname not in ('grant_publisher', 'grant_listener', 'revoke_all', 'require_owner', 'publisher_functions',
                           'listener_functions')
$$;

-- Refuses callers who cannot grant, and roles that are none.
create or replace function "${schema}".require_owner(role regrole) returns void
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

-- The functions that a running instance calls, and those of the view watched: it writes the log itself and does not
-- publish by SQL.
create or replace function "${schema}".listener_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and (p.proname in ('position', 'watch_triggers', 'watch_options', 'watch_members', 'watch_key', 'may_ping', 'foreign_child') or p.oid not in (select "${schema}".publisher_functions()))
     and p.proname not in ('grant_publisher', 'grant_listener', 'revoke_all', 'require_owner', 'publisher_functions',
                           'listener_functions')
$$;

-- Refuses callers who cannot grant, and roles that are none.
create or replace function "${schema}".require_owner(role regrole) returns void
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

-- What is watched, as the catalog has it, with the options; what was meant to be watched and is not; and what is wrong with
-- it if something is.
create or replace view "${schema}".watched as
select w.relation, w.options ->> 'resource' as resource, w.options ->> 'topic' as topic,
       w.options ->> 'org_column' as org_column, w.options ->> 'org_id' as org_id, w.operations,
       w.options ->> 'condition' as condition, (w.options ->> 'row_limit')::integer as row_limit,
       case
         when w.options is null then 'its triggers are not ours: unwatch it, then watch it again'
         when r.operations is not null and not r.operations <@ w.operations
           then 'a trigger of it is gone: watch it again'
         when "${schema}".foreign_child(w.relation) is not null
           then 'a foreign table inherits from it, so that statements on it fail: unwatch it, or take that out'
         when w.disabled then 'a trigger is disabled: enable it'
         when w.owner <> w.relowner then 'its owner has changed: watch it again'
         when w.options -> 'key' is distinct from to_jsonb("${schema}".watch_key(w.relation))
           then 'its primary key has changed: watch it again'
         when w.options ->> 'org_column' is not null
              and not exists (select from pg_attribute a where a.attrelid = w.relation and not a.attisdropped
                                 and a.attname = w.options ->> 'org_column')
           then 'its organisation column is gone: watch it again'
         when exists (select from "${schema}".watch_members(w.relation) m join "${schema}".watch_triggers() n
                          on n.operation = any (w.operations)
                       where not exists (select from pg_trigger t where t.tgrelid = m and t.tgname = n.trigger
                                            and t.tgfoid = w.function and t.tgenabled not in ('D', 'R')))
           then 'it has new partitions, or some whose triggers are gone or disabled: watch it again'
         when not "${schema}".may_ping(w.relowner) then 'its owner may not publish'
       end as problem
  from (
    select t.tgrelid::regclass as relation, c.relowner, min(p.oid) as function, min(p.proowner) as owner,
           "${schema}".watch_options(min(p.prosrc)) as options, array_agg(n.operation order by n.operation) as operations,
           bool_or(t.tgenabled in ('D', 'R')) as disabled
      from pg_trigger t
      join "${schema}".watch_triggers() n on n.trigger = t.tgname
      join pg_proc p on p.oid = t.tgfoid
      join pg_class c on c.oid = t.tgrelid
     -- A partition goes with its table.
     where not exists (select from pg_trigger r where c.relispartition and r.tgrelid = pg_partition_root(c.oid)
                          and r.tgfoid = t.tgfoid)
     group by t.tgrelid, c.relowner
  ) w
  left join "${schema}".watch_record r on r.relation = w.relation
 union all
-- What was watched, and is not any more although nobody has unwatched it.
select coalesce(named.oid, kept.oid)::regclass, r.options ->> 'resource', r.options ->> 'topic', r.options ->> 'org_column',
       r.options ->> 'org_id', r.operations, r.options ->> 'condition', (r.options ->> 'row_limit')::integer,
       case
         when named.oid is null and kept.oid is null
           then format('the table %I.%I is gone: make it and watch it again, or call "${schema}".forget_watch(%L, %L)',
                       r.schema_name, r.table_name, r.schema_name, r.table_name)
         when named.oid is null or named.oid = r.relation then 'its triggers are gone: watch it again, or unwatch it'
         else 'it stands in the place of a table that was watched, and is not watched: watch it, or unwatch it'
       end collate "default"
  from "${schema}".watch_record r
  left join (pg_class named join pg_namespace n on n.oid = named.relnamespace)
         on n.nspname = r.schema_name and named.relname = r.table_name and named.relkind in ('r', 'p')
  left join pg_class kept on kept.oid = r.relation and kept.relkind in ('r', 'p')
 where not exists (select from pg_trigger t join "${schema}".watch_triggers() w on w.trigger = t.tgname
                    where t.tgrelid = coalesce(named.oid, kept.oid));

-- What is watched already.
insert into "${schema}".watch_record (schema_name, table_name, relation, owner, operations, options)
select n.nspname, c.relname, c.oid, c.relowner, w.operations, "${schema}".watch_options(p.prosrc)
  from "${schema}".watched w
  join pg_class c on c.oid = w.relation
  join pg_namespace n on n.oid = c.relnamespace
  join pg_trigger t on t.tgrelid = c.oid
   and t.tgname = (select x.trigger from "${schema}".watch_triggers() x where x.operation = w.operations[1])
  join pg_proc p on p.oid = t.tgfoid
 where "${schema}".watch_options(p.prosrc) is not null;

revoke execute on all functions in schema "${schema}" from public;

-- Who could watch, and see what is watched, still can.
do $grants$
declare
  may  record;
begin
  for may in
    select f.called, pg_get_userbyid(a.grantee) as role
      from (select "${schema}".publisher_functions() as called, 'watch' as beside
             union all select "${schema}".listener_functions(), 'seal') f
      join pg_proc p on p.pronamespace = '"${schema}"'::regnamespace and p.proname = f.beside
      cross join lateral aclexplode(p.proacl) a
     where a.grantee <> 0 and a.grantee <> p.proowner
  loop
    execute format('grant execute on function %s to %I', may.called, may.role);
  end loop;
end $grants$;

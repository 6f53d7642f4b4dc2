-- watch(), unwatch() and what is watched.

-- The names of the triggers of a watched table, by operation.
create function "${schema}".watch_triggers(out operation text, out trigger name) returns setof record
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select o, ('${schema}_watch_' || o)::name from unnest('{insert,update,delete,truncate}'::text[]) o $$;

-- A table and its partitions at every level, as far as they can have triggers.
create function "${schema}".watch_members(relation regclass) returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select c.oid::regclass
    from (select relation as oid union select relid from pg_partition_tree(relation)) m join pg_class c using (oid)
   where c.relkind in ('r', 'p')
$$;

-- Refuses what cannot be watched, and who may not.
create function "${schema}".require_watchable(relation regclass) returns void
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
  elsif not pg_has_role(found_as.relowner, 'USAGE') then
    raise exception 'relation: % belongs to %, not to %', relation, pg_get_userbyid(found_as.relowner), current_user
      using errcode = 'insufficient_privilege', hint = 'Its owner watches it: SET ROLE, or ask them.';
  end if;
end $$;

-- Refuses a condition that is not one boolean expression over a row of the table. Analyses, and runs nothing: the
-- caller may be mightier than the owner, whose condition it is. Under the settings under which it will run.
create function "${schema}".require_condition(relation regclass, condition text) returns void
language plpgsql set search_path = pg_catalog, pg_temp set check_function_bodies = on
  set standard_conforming_strings = on set datestyle = iso, ymd set intervalstyle = iso_8601 set timezone = utc
  set bytea_output = hex set extra_float_digits = 1 set transform_null_equals = off
as $$
declare
  probe   text;
  known   text;
  tab     text;
  state   text;
  reason  text;
begin
  select format('%I.%I', n.nspname, '${schema}_condition_' || c.oid), quote_ident(c.relname) into strict probe, tab
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
  -- What is computed when it is read is not there for triggers.
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum) into strict known
    from pg_attribute a where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v';
  begin
    -- One expression: whatever would end it early leaves this without its `then`.
    execute format('create function %s() returns void language plpgsql as %L', probe,
                   format(E'begin if (%s\n) then null; end if; end', condition));
    execute format('drop function %s()', probe);
    execute format('create function %s() returns boolean language sql set search_path = pg_catalog, pg_temp as %L', probe,
                   format(E'select true from (select %s from %s) as %s where (%s\n)', known, relation, tab, condition));
    execute format('drop function %s()', probe);
  exception when syntax_error_or_access_rule_violation or data_exception or feature_not_supported then
    get stacked diagnostics state = returned_sqlstate, reason = message_text;
    if state = '42501' then
      raise exception '%', reason using errcode = state,
        hint = 'The trigger function of a table stands in the table''s schema: grant CREATE on that.';
    end if;
    raise exception 'condition: %', reason using errcode = state,
      hint = 'It is one SQL expression over the columns of the row, but for virtual ones;'
             ' name what is not in pg_catalog with its schema.';
  end;
end $$;

-- Drops those of these trigger functions that no trigger uses any more, if the caller may.
create function "${schema}".drop_unused(functions oid[]) returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
declare
  unused  regprocedure;
begin
  for unused in
    select p.oid::regprocedure from pg_proc p
     where p.oid = any (functions) and "${schema}".watch_options(p.prosrc) is not null
       and pg_has_role(p.proowner, 'USAGE') and not exists (select from pg_trigger t where t.tgfoid = p.oid)
  loop
    execute format('drop function %s', unused);
  end loop;
end $$;

-- Turns the changes of a table's rows into resource pings from now on, with these options; called again, replaces
-- them. Its caller owns the table, whose owner may publish. docs/SQL.md says what the options mean.
create function "${schema}".watch(
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
end $$;

-- Ends the watching of a table. Returns whether it was watched.
create function "${schema}".unwatch(relation regclass) returns boolean
language plpgsql set search_path = pg_catalog, pg_temp set client_min_messages = warning
as $$
declare
  functions  oid[];
  one        record;
begin
  perform "${schema}".require_watchable(relation);
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
  return cardinality(functions) > 0;
end $$;

-- What is watched, as the catalog has it, with the options, and what is wrong with it if something is.
create view "${schema}".watched as
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
  ) w;

revoke execute on all functions in schema "${schema}" from public;

-- A watch by triggers for each row. PostgreSQL gives a trigger for a whole statement no rows of foreign tables, and fails
-- the statement that touches one; triggers for each row stand foreign heirs, those that come later too. ADR 0026.
comment on table "${schema}".store is 'realtime schema version 22';

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
  elsif not pg_has_role(found_as.relowner, 'USAGE') then
    raise exception 'relation: % belongs to %, not to %', relation, pg_get_userbyid(found_as.relowner), current_user
      using errcode = 'insufficient_privilege', hint = 'Its owner watches it: SET ROLE, or ask them.';
  end if;
end $$;

-- The tables that inherit from this one, at any level, foreign ones too. Partitions are no heirs.
create function "${schema}".watch_heirs(relation regclass) returns setof regclass
language sql stable set search_path = pg_catalog, pg_temp
as $$
  with recursive heirs(oid) as (
    select i.inhrelid from pg_inherits i where i.inhparent = relation
     union
    select i.inhrelid from heirs h join pg_inherits i on i.inhparent = h.oid)
  select c.oid::regclass from heirs h join pg_class c using (oid) where c.relkind in ('r', 'f') and not c.relispartition
$$;

-- Whether that is the name of a trigger that a heir has for a watched table.
create function "${schema}".is_heir_trigger(trigger name) returns boolean
language sql immutable set search_path = pg_catalog, pg_temp
as $$ select starts_with(trigger, '${schema}_heir') $$;

-- The trigger functions of a watched table; also of one that has lost its triggers, if heirs of it have theirs.
create function "${schema}".watch_functions(relation regclass) returns setof oid
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select t.tgfoid from pg_trigger t join "${schema}".watch_triggers() w on w.trigger = t.tgname
   where t.tgrelid in (select "${schema}".watch_members(relation))
   union
  select t.tgfoid from pg_trigger t
   where t.tgrelid in (select "${schema}".watch_heirs(relation)) and "${schema}".is_heir_trigger(t.tgname)
     and "${schema}".watch_options((select p.prosrc from pg_proc p where p.oid = t.tgfoid)) is not null
     and not exists (select from pg_trigger o join "${schema}".watch_triggers() w on w.trigger = o.tgname where o.tgfoid = t.tgfoid)
$$;

-- Refuses the kind of triggers that does not fit the table, and the lack of a choice where it matters.
create function "${schema}".require_each_row(relation regclass, each_row boolean) returns void
language plpgsql stable set search_path = pg_catalog, pg_temp
as $$
declare
  parted  boolean := (select c.relkind = 'p' from pg_class c where c.oid = relation);
  server  name := (select f.srvname from pg_foreign_server f order by f.srvname limit 1);
  heir    regclass;
begin
  if each_row and parted then
    raise exception 'each_row: % is partitioned', relation
      using errcode = 'invalid_parameter_value',
            hint = 'Leave it out: no partition of a table with a primary key can be foreign.';
  elsif each_row is not true and "${schema}".foreign_child(relation) is not null then
    raise exception 'relation: the foreign table % inherits from %', "${schema}".foreign_child(relation), relation
      using errcode = 'wrong_object_type',
            hint = 'PostgreSQL gives a watched statement no rows of a foreign table, and fails it: watch with each_row => true,'
                   ' or take that out with ALTER FOREIGN TABLE … NO INHERIT.';
  elsif each_row is null and not parted and server is not null then
    raise exception 'each_row: is not given, and a foreign table of the server % may come to inherit from %',
      quote_ident(server), relation
      using errcode = 'invalid_parameter_value',
            hint = 'true stands that, and makes each row an event of its own; false makes statements fail that touch rows there.';
  elsif each_row then
    -- Whoever may make a trigger may not drop it, unless the table is theirs.
    select h into heir from "${schema}".watch_heirs(relation) h
      join pg_class c on c.oid = h where not pg_has_role(c.relowner, 'USAGE') limit 1;
    if heir is not null then
      raise exception 'each_row: % inherits from % and does not belong to %', heir, relation, current_user
        using errcode = 'insufficient_privilege', hint = 'Let the owner of both watch, or take the heir out with NO INHERIT.';
    end if;
  end if;
end $$;

-- The source of a trigger function for each row. What it says of a row is what watch_source() says of a statement that
-- touches that row alone; a heir's row is one of the table's.
create function "${schema}".watch_row_source(relation regclass, options jsonb) returns text
language plpgsql stable set search_path = pg_catalog, pg_temp
as $watch$
declare
  tab      text := (select quote_ident(c.relname) from pg_class c where c.oid = relation);
  -- Names are equal byte for byte, whatever their column's collation takes for equal.
  org      text := quote_literal(options ->> 'org_id') || '::text collate "C"';
  keep     text := 'true';
  matched  text;
  key_id   text;
  topic    text := quote_literal(options ->> 'topic');
  resource text := quote_literal(options ->> 'resource');
  stages   text;
begin
  if options ->> 'org_column' is not null then
    org := format('%s.%I::text collate "C"', tab, options ->> 'org_column');
  end if;
  if options ->> 'condition' is not null then
    -- A comment may end it.
    keep := format(E'(%s\n) is true', options ->> 'condition');
  end if;
  -- Keys are compared as their index does it, wherever its operators are.
  select string_agg(format('new.%1$I operator(%2$I.%3$s) old.%1$I', a.attname, coalesce(s.nspname, 'pg_catalog'), coalesce(p.oprname, '=')),
                    ' and ' order by k.n),
         case count(*) when 1 then min(format('to_jsonb(%s.%I::text)', tab, a.attname))
                       else 'jsonb_build_array(' || string_agg(format('%s.%I::text', tab, a.attname), ', ' order by k.n) || ')' end
    into matched, key_id
    from pg_index i
    cross join lateral unnest(i.indkey::smallint[], i.indclass::oid[]) with ordinality k (attnum, opclass, n)
    join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
    join pg_opclass c on c.oid = k.opclass
    left join pg_amop e on e.amopfamily = c.opcfamily and e.amopstrategy = 3 and e.amoplefttype = c.opcintype
                       and e.amoprighttype = c.opcintype and e.amopmethod = (select oid from pg_am where amname = 'btree')
    left join pg_operator p on p.oid = e.amopopr
    left join pg_namespace s on s.oid = p.oprnamespace
   where i.indrelid = relation and i.indisprimary and k.n <= i.indnkeyatts;

  stages := case (options ->> 'row_limit')::integer
    when 0 then format('realtime_staged := "${schema}".stage_pings(%s, %s, ''count'', array[%%s], array[%%L], array[''1''::jsonb]);', topic, resource)
    else format('realtime_staged := "${schema}".stage_ping(%s, %s, %%s, %%L, %%s);', topic, resource) end;

  return format(
$body$-- ${schema}.watch %1$s
#variable_conflict use_column
declare
  realtime_org text;
  realtime_id jsonb;
  realtime_counts boolean;
  realtime_old_org text;
  realtime_old_id jsonb;
  realtime_old_counts boolean;
  realtime_orgs text[];
  realtime_actions text[];
  realtime_values jsonb[];
  realtime_staged integer;
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
  if tg_op = 'TRUNCATE' then
    -- Reads what goes, the heirs' rows too.
    execute %6$L || tg_relid::regclass || %7$L into realtime_orgs, realtime_actions, realtime_values;
    if realtime_orgs is not null then
      realtime_staged := "${schema}".stage_pings(%8$s, %9$s, 'count', realtime_orgs, realtime_actions, realtime_values);
    end if;
    return null;
  end if;
  if tg_op <> 'DELETE' then
    select %2$s, %3$s, %4$s into realtime_org, realtime_id, realtime_counts from (select new.*) as %5$s;
  end if;
  if tg_op <> 'INSERT' then
    select %2$s, %3$s, %4$s into realtime_old_org, realtime_old_id, realtime_old_counts from (select old.*) as %5$s;
  end if;
  if tg_op = 'UPDATE' then
    if not new operator(pg_catalog.*<>) old then
      return null;
    elsif %10$s and realtime_org = realtime_old_org then
      if realtime_counts or realtime_old_counts then
        %11$s
      end if;
      return null;
    end if;
  end if;
  -- A row that changed its key or its organisation leaves there and appears here.
  if realtime_old_counts and realtime_old_org is not null then
    %12$s
  end if;
  if realtime_counts and realtime_org is not null then
    %13$s
  end if;
  return null;
end $body$, options, org, key_id, keep, tab,
    format('select array_agg(g.org), array_agg(''delete''::text), array_agg(to_jsonb(g.number))'
           ' from (select %s as org, count(*) as number from (select * from ', org),
    format(') as %s where %s is not null and %s group by 1 order by 1) g', tab, org, keep),
    topic, resource, matched,
    format(stages, 'realtime_org', 'update', 'realtime_old_id'),
    format(stages, 'realtime_old_org', 'delete', 'realtime_old_id'),
    format(stages, 'realtime_org', 'create', 'realtime_id'));
end $watch$;

drop function "${schema}".watch(regclass, text, text, text, text, text[], text, integer);

-- Turns the changes of a table's rows into resource pings from now on, with these options; called again, replaces
-- them. Its caller owns the table, whose owner may publish. docs/SQL.md says what the options mean.
create function "${schema}".watch(
  relation regclass, topic text default null, resource text default null, org_column text default null,
  org_id text default null, operations text[] default '{insert,update,delete,truncate}', condition text default null,
  row_limit integer default 100, each_row boolean default null)
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
  heirs      regclass[];
  heir       regclass;
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
  select c.oid, c.relname, c.relowner, c.relkind, n.nspname into strict tab
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = relation;
  perform "${schema}".require_each_row(relation, each_row);

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
                                'condition', condition, 'row_limit', row_limit, 'key', key_names)
             || case when each_row is null then '{}' else jsonb_build_object('each_row', each_row) end;

  -- What a condition means would depend on the writer's settings, and so would the text of keys other than these.
  if condition is not null or exists (select from pg_attribute a join pg_type t on t.oid = a.atttypid
              where a.attrelid = relation and a.attname = any (key_names) and t.typcategory not in ('S', 'E')
                and t.oid <> all ('{int2,int4,int8,oid,uuid,numeric,bool}'::regtype[])) then
    settings := settings || ' set standard_conforming_strings = on set datestyle = iso, ymd set intervalstyle = iso_8601'
                         || ' set timezone = utc set bytea_output = hex set extra_float_digits = 1'
                         || ' set transform_null_equals = off';
  end if;

  members := array(select "${schema}".watch_members(relation));
  heirs := array(select h from "${schema}".watch_heirs(relation) h where tab.relkind = 'r');
  before := array(select "${schema}".watch_functions(relation));
  -- The function that it has, unless another table uses that too, or another owner made it; else a free name.
  select p.oid::regproc::text into func from pg_proc p
   where p.oid = any (before) and p.proowner = tab.relowner and p.pronamespace = tab.nspname::regnamespace
     and "${schema}".watch_options(p.prosrc) is not null
     and not exists (select from pg_trigger t where t.tgfoid = p.oid and t.tgrelid <> all (members)
                                                  and not "${schema}".is_heir_trigger(t.tgname));
  while func is null loop
    select format('%I.%I', tab.nspname, f.name) into func
      from (select ('${schema}_watch' || coalesce(nullif(number, 1)::text, '') || '_' || tab.relname)::name as name) f
     where not exists (select from pg_proc p where p.pronamespace = tab.nspname::regnamespace and p.proname = f.name);
    number := number + 1;
  end loop;
  execute format('create or replace function %s() returns trigger language plpgsql security definer %s as %L',
                 func, settings, case when each_row then "${schema}".watch_row_source(relation, options)
                                      else "${schema}".watch_source(relation, options) end);
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

  -- A trigger for each row is not made of one for a statement; heirs' are made anew.
  for one in select t.tgname, t.tgrelid::regclass as member
               from pg_trigger t
              where t.tgfoid = any (before)
                and ("${schema}".is_heir_trigger(t.tgname)
                     or (t.tgrelid = any (members) and (t.tgtype & 1 = 1) <> coalesce(each_row, false)))
  loop
    execute format('drop trigger %I on %s', one.tgname, one.member);
  end loop;
  foreach member in array members loop
    for one in select w.operation, w.trigger, t.oid is not null as is_there
                 from "${schema}".watch_triggers() w
                 left join pg_trigger t on t.tgrelid = member and t.tgname = w.trigger
    loop
      if one.operation = any (operations) then
        execute format('create or replace trigger %I %s %s on %s %s execute function %s()', one.trigger,
          case one.operation when 'truncate' then 'before' else 'after' end, one.operation, member,
          case when each_row and one.operation <> 'truncate' then 'for each row'
               else case one.operation when 'insert' then 'referencing new table as realtime_new'
                                       when 'update' then 'referencing old table as realtime_old new table as realtime_new'
                                       when 'delete' then 'referencing old table as realtime_old' else '' end
                    || ' for each statement' end, func);
      elsif one.is_there then
        execute format('drop trigger %I on %s', one.trigger, member);
      end if;
    end loop;
  end loop;
  if each_row then
    foreach heir in array heirs loop
      for one in select o.operation,
                        (select f.trigger
                           from generate_series(1, 100) n
                           cross join lateral (
                             select ('${schema}_heir' || coalesce(nullif(n, 1)::text, '') || '_' || o.operation)::name as trigger) f
                          where not exists (select from pg_trigger t where t.tgrelid = heir and t.tgname = f.trigger)
                          order by n limit 1) as trigger
                   from unnest(operations) o (operation)
                  where o.operation <> 'truncate'
      loop
        execute format('create trigger %I after %s on %s for each row execute function %s()', one.trigger, one.operation, heir, func);
      end loop;
    end loop;
  end if;
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
  perform "${schema}".require_watchable(relation);
  execute format('lock table %s in access exclusive mode', relation);
  functions := array(select "${schema}".watch_functions(relation));
  for one in
    select t.tgname, t.tgrelid::regclass as member
      from pg_trigger t
     where (t.tgrelid in (select "${schema}".watch_members(relation)) and t.tgname in (select w.trigger from "${schema}".watch_triggers() w))
        or (t.tgfoid = any (functions) and "${schema}".is_heir_trigger(t.tgname))
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
                       'forget_watch', 'watch_heirs', 'watch_functions', 'is_heir_trigger',
                       'watch_row_source', 'require_each_row')
$$;

-- The functions that a running instance calls, and those of the view watched: it writes the log itself and does not
-- publish by SQL.
create or replace function "${schema}".listener_functions() returns setof regprocedure
language sql stable set search_path = pg_catalog, pg_temp
as $$
  select p.oid::regprocedure from pg_proc p
   where p.pronamespace = '"${schema}"'::regnamespace
     and (p.proname in ('position', 'watch_triggers', 'watch_options', 'watch_members', 'watch_key', 'may_ping', 'foreign_child', 'watch_heirs', 'is_heir_trigger') or p.oid not in (select "${schema}".publisher_functions()))
     and p.proname not in ('grant_publisher', 'grant_listener', 'revoke_all', 'require_owner', 'publisher_functions',
                           'listener_functions')
$$;

-- Refuses what has just made a foreign table the heir of a watched table. Whatever else fails here is nobody's concern.
create or replace function "${schema}".refuse_foreign_children() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  heir    text;
  parent  text;
begin
  begin
    with recursive line(heir, ancestor) as (
      select d.objid, i.inhparent
        from pg_event_trigger_ddl_commands() d
        join pg_class c on c.oid = d.objid
        join pg_inherits i on i.inhrelid = c.oid
       where d.classid = 'pg_class'::regclass
         and (c.relkind = 'f' or "${schema}".foreign_child(c.oid) is not null)
       union
      select l.heir, i.inhparent from line l join pg_inherits i on i.inhrelid = l.ancestor)
    select l.heir::regclass::text, l.ancestor::regclass::text into heir, parent
      from line l
      join pg_class c on c.oid = l.ancestor and c.relkind = 'r'
      join pg_trigger t on t.tgrelid = l.ancestor
      join "${schema}".watch_triggers() w on w.trigger = t.tgname
      join pg_proc p on p.oid = t.tgfoid
     where ("${schema}".watch_options(p.prosrc) ->> 'each_row')::boolean is not true
       and "${schema}".watch_options(p.prosrc) is not null limit 1;
  exception when others then
    return;
  end;
  if parent is not null then
    raise exception '% may not inherit from %, which is watched: statements on it would fail', heir, parent
      using errcode = 'wrong_object_type',
            hint = format('PostgreSQL gives a watched statement no rows of a foreign table: watch %s with each_row => true first.', parent);
  end if;
end $$;

drop function "${schema}".require_unwatchable(regclass);

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
         when "${schema}".foreign_child(w.relation) is not null and not w.each_row
           then 'a foreign table inherits from it, so that statements on rows there fail, or are not heard: watch it again'
                ' with each_row => true, or take that out'
         when w.each_row and exists (select from "${schema}".watch_heirs(w.relation) h cross join unnest(w.operations) o
                                      where not exists (select from pg_trigger t
                                                         where t.tgrelid = h and t.tgfoid = w.function and t.tgenabled not in ('D', 'R')
                                                           and t.tgtype & case o when 'insert' then 4 when 'delete' then 8 else 16 end <> 0)
                                        and o <> 'truncate')
           then 'a table has come to inherit from it, or has lost its trigger: watch it again'
         when w.each_row and exists (select from pg_trigger t
                                      where t.tgfoid = w.function and "${schema}".is_heir_trigger(t.tgname)
                                        and t.tgrelid not in (select "${schema}".watch_heirs(w.relation)))
           then 'a table does not inherit from it any more: watch it again'
         when not w.options ? 'each_row' and (select c.relkind from pg_class c where c.oid = w.relation) = 'r'
              and exists (select from pg_foreign_server)
           then 'this database has a foreign server by now, and a foreign table may come to inherit from it: watch it again and'
                ' say each_row'
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
       end as problem,
       w.each_row
  from (
    select t.tgrelid::regclass as relation, c.relowner, min(p.oid) as function, min(p.proowner) as owner,
           "${schema}".watch_options(min(p.prosrc)) as options,
           coalesce(("${schema}".watch_options(min(p.prosrc)) ->> 'each_row')::boolean, false) as each_row, array_agg(n.operation order by n.operation) as operations,
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
       end collate "default",
       coalesce((r.options ->> 'each_row')::boolean, false)
  from "${schema}".watch_record r
  left join (pg_class named join pg_namespace n on n.oid = named.relnamespace)
         on n.nspname = r.schema_name and named.relname = r.table_name and named.relkind in ('r', 'p')
  left join pg_class kept on kept.oid = r.relation and kept.relkind in ('r', 'p')
 where not exists (select from pg_trigger t join "${schema}".watch_triggers() w on w.trigger = t.tgname
                    where t.tgrelid = coalesce(named.oid, kept.oid));

revoke execute on all functions in schema "${schema}" from public;

-- Who could watch, and see what is watched, still can.
do $grants$
declare
  may  record;
begin
  for may in
    select f.called, pg_get_userbyid(a.grantee) as role
      from (select "${schema}".publisher_functions() as called, 'unwatch' as beside
             union all select "${schema}".listener_functions(), 'seal') f
      join pg_proc p on p.pronamespace = '"${schema}"'::regnamespace and p.proname = f.beside
      cross join lateral aclexplode(p.proacl) a
     where a.grantee <> 0 and a.grantee <> p.proowner
  loop
    execute format('grant execute on function %s to %I', may.called, may.role);
  end loop;
end $grants$;

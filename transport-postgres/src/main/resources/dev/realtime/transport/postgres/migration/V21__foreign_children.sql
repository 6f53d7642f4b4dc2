-- A foreign table that comes to inherit from a watched one makes statements on that fail. Only an event trigger can refuse
-- it in time, and only a superuser can make one: this is the function for it. docs/SQL.md has the statement.
comment on table "${schema}".store is 'realtime schema version 21';

-- Refuses what has just made a foreign table the heir of a watched table. Whatever else fails here is nobody's concern.
create function "${schema}".refuse_foreign_children() returns event_trigger
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
     where "${schema}".watch_options(p.prosrc) is not null limit 1;
  exception when others then
    return;
  end;
  if parent is not null then
    raise exception '% may not inherit from %, which is watched: statements on it would fail', heir, parent
      using errcode = 'wrong_object_type',
            hint = format('PostgreSQL gives a watched statement no rows of a foreign table: call "${schema}".unwatch(%L) first,'
                          ' and publish() in its place.', parent);
  end if;
end $$;

revoke execute on all functions in schema "${schema}" from public;

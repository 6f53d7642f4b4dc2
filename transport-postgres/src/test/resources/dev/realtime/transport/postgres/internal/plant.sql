-- Plants in public, for operators and functions of pg_catalog by these names, everything that fits another combination
-- of argument types. What is called counts in a sequence, which no rollback undoes, and fails with its name.
create function pg_temp.plant(operators text[], functions text[]) returns integer
language plpgsql set search_path = pg_catalog, pg_temp as $plant$
declare
  types    regtype[] := '{bool,"char",int2,int4,int8,float8,numeric,text,varchar,name,oid,regclass,regproc,regtype,xid,xid8,timestamptz,timestamp,interval,uuid,bytea,jsonb,text[],int4[],oid[]}';
  near     regtype[] := '{int4,int8,text,varchar,name,oid,regclass,jsonb}';
  one      record;
  planted  integer := 0;
  body     constant text := 'begin perform pg_catalog.nextval(''public.canary''::pg_catalog.regclass);'
                            ' raise exception ''planted: WHAT ran as %'', current_user; end';
begin
  create sequence public.canary;
  grant usage on sequence public.canary to public;
  for one in select l, r from unnest(types) l, unnest(types) r loop
    execute format('create function public.planted(%s, %s) returns boolean language plpgsql as %L', one.l, one.r,
                   replace(body, 'WHAT', format('an operator of %s and %s', one.l, one.r)));
  end loop;
  for one in
    select o, l, r from unnest(operators) o, unnest(types) l, unnest(types) r
     where not exists (select from pg_operator p where p.oprname = o and p.oprleft = l and p.oprright = r)
  loop
    execute format('create operator public.%s (function = public.planted, leftarg = %s, rightarg = %s)', one.o, one.l, one.r);
    planted := planted + 1;
  end loop;
  for one in
    select distinct c.proname, c.args
      from (select p.proname, array_agg(case when a.n = v.n then v.other else a.type end order by a.n) as args
              from pg_proc p
              cross join lateral (select n, t.other from generate_series(1, p.pronargs) n, unnest(near) t(other)) v
              cross join lateral unnest(p.proargtypes::oid[]) with ordinality a(type, n)
             where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = any (functions)
               and p.pronargs between 1 and 5 and p.prokind in ('f', 'a')
               and not exists (select from pg_type t where t.oid = any (p.proargtypes) and t.typtype = 'p')
             group by p.oid, p.proname, v.n, v.other
            union all
            -- What takes anything: an exact match is better.
            select p.proname, array_fill(t.other::oid, array[greatest(p.pronargs, 1) + more])
              from pg_proc p cross join unnest(near) t(other) cross join generate_series(0, 2) more
             where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = any (functions)
               and exists (select from pg_type t where t.oid = any (p.proargtypes) and t.typtype = 'p')) c
     where not exists (select from pg_proc p where p.proname = c.proname and p.proargtypes::oid[] = c.args
                          and p.pronamespace = 'pg_catalog'::regnamespace)
  loop
    execute format('create function public.%I(%s) returns text language plpgsql as %L', one.proname,
                   array_to_string(one.args::regtype[], ', '),
                   replace(body, 'WHAT', format('%s(%s)', one.proname, array_to_string(one.args::regtype[], ', '))));
    planted := planted + 1;
  end loop;
  -- Types that hide those of pg_catalog from whoever looks in public first.
  for one in select t::text from unnest('{text,int4,int8,bool,oid,regclass,xid8,timestamptz,bytea,jsonb,name}'::text[]) t loop
    execute format('create domain public.%I as pg_catalog.%I', one.t, one.t);
  end loop;
  create view public.pg_stat_activity as select pg_catalog.nextval('public.canary'::pg_catalog.regclass) as pid;
  return planted;
end $plant$;

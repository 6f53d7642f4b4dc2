-- The event log, the stage in front of it, and what joins them. ADR 0003 says why it is made so.

-- What this store is. One row.
create table "${schema}".store (
  only_row           boolean     primary key default true check (only_row),
  store_id           text        not null default replace(gen_random_uuid()::text, '-', ''),
  channel            text        not null,
  replay_window      interval    not null,
  max_payload_bytes  integer     not null,
  -- Everything up to here has been trimmed: the floor of the log, and its head when it is empty.
  trimmed_through    bigint      not null default 0,
  trimmed_check      text        not null default '0',
  -- Where the transaction ids in stage and tick come from: elsewhere they mean nothing.
  home_system        bigint      not null,
  home_database      oid         not null,
  home_stage         oid         not null,
  -- The oldest program's schema version that may still work with this one.
  min_compatible     integer     not null default 1
);

-- The truth. Rows appear in the order of their offset: they are written under the gate only.
create table "${schema}".log (
  "offset"   bigint      primary key,
  seq        bigint,                      -- in the stage; null if it never was there
  org_id     text        not null,
  id         text        not null,
  event      text        not null,
  topic      text        not null,
  user_ids   text[],
  payload    bytea       not null,        -- JSON, UTF-8, as it was published
  created_at timestamptz not null,
  logged_at  timestamptz not null default clock_timestamp()
);
create unique index log_org_id on "${schema}".log (org_id, id);
create index log_org_offset on "${schema}".log (org_id, "offset");
create sequence "${schema}".log_offset as bigint cache 1 no cycle;

-- Where events published by SQL wait, in their publisher's transaction. Nothing here is unique and nothing fires:
-- a publisher must never wait for another one.
create table "${schema}".stage (
  seq        bigint      generated always as identity (cache 1),
  xid        xid8        not null default pg_current_xact_id(),
  org_id     text        not null,
  id         text        not null,
  event      text        not null,
  topic      text        not null,
  user_ids   text[],
  payload    bytea       not null,
  created_at timestamptz not null default clock_timestamp()
);
create index stage_xid on "${schema}".stage (xid, seq);
-- Fresh statistics of a column that one value dominates turn the sealer's index scans into whole-table scans.
alter table "${schema}".stage alter column xid set statistics 0;
-- Without one, a publication for all tables makes every delete fail.
alter table "${schema}".stage replica identity full;

-- The snapshots by which was sealed. The newest says what the next one may pick.
create table "${schema}".tick (
  number    bigint      primary key,
  snapshot  pg_snapshot not null,
  -- While a backlog is sealed in portions: the highest seq that was. Null when the tick is complete.
  sealed_to bigint
);

-- Locked by whoever writes the log. A view has access control and no ANALYZE ever locks it; it names no table,
-- because locking a view locks those too.
create view "${schema}".gate as select 1 as one;

insert into "${schema}".store (channel, replay_window, max_payload_bytes, home_system, home_database, home_stage)
select '${channel}', make_interval(secs => ${replay_window_seconds}), ${max_payload_bytes},
       (select system_identifier from pg_control_system()),
       (select oid from pg_database where datname = current_database()),
       '"${schema}".stage'::regclass::oid;

insert into "${schema}".tick (number, snapshot) values (1, pg_current_snapshot());

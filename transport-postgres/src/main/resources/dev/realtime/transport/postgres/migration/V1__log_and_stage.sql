-- The event log, the stage in front of it, and what joins them. ADR 0003 says why it is made so.

-- What this store is. One row, updated by migrations and by settle() only: every publication reads it. Who
-- trims locks it.
create table "${schema}".store (
  only_row           boolean     primary key default true check (only_row),
  store_id           text        not null default replace(gen_random_uuid()::text, '-', ''),
  channel            text        not null,
  replay_window      interval    not null,
  max_payload_bytes  integer     not null,
  -- Where the transaction ids in stage and tick come from: elsewhere they mean nothing.
  home_system        bigint      not null,
  home_database      oid         not null,
  home_stage         oid         not null,
  -- The oldest program's schema version that may still work with this one.
  min_compatible     integer     not null default 1
);

-- How far the log is trimmed and the stage is cleaned. The row of the highest number counts. Rows are added and the
-- older ones deleted, never updated: under an old snapshot the versions of one row would be stepped over by each reader.
create table "${schema}".floor (
  number           bigint  primary key,
  -- Everything up to here is gone: the floor of the log, and its head when it is empty.
  trimmed_through  bigint  not null,
  trimmed_check    text    not null,
  -- The oldest tick that is still there.
  first_tick       bigint  not null
);

-- The truth. Rows appear in the order of their offset: they are written under the gate only.
create table "${schema}".log (
  "offset"   bigint      primary key,
  seq        bigint,                      -- in the stage; null if it never was there
  org_id     text        not null collate "C",
  id         text        not null collate "C",
  event      text        not null collate "C",
  topic      text        not null collate "C",
  user_ids   text[],
  payload    bytea       not null,        -- JSON, UTF-8, as it was published
  created_at timestamptz not null,
  logged_at  timestamptz not null default clock_timestamp()
);
-- The id first: ids in the order of time then fill one edge, whatever the number of organisations (ADR 0006).
create unique index log_id on "${schema}".log (id, org_id);
create index log_org_offset on "${schema}".log (org_id, "offset");
-- Autovacuum frees what is trimmed: whenever a tenth is dead, so that a trimmed row costs the same at any size, and
-- as fast as it can, because a publisher may be fast too. That rows were added is no reason: they will be trimmed.
alter table "${schema}".log set (
  autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
create sequence "${schema}".log_offset as bigint cache 1 no cycle;

-- Where events published by SQL wait, in their publisher's transaction. Nothing here is unique and nothing fires:
-- a publisher must never wait for another one. The transaction has its id before a row gets its seq (tick.seq_before
-- counts on that), so xid stands first.
create table "${schema}".stage (
  xid        xid8        not null default pg_current_xact_id(),
  seq        bigint      generated always as identity (cache 1),
  org_id     text        not null collate "C",
  id         text        not null collate "C",
  event      text        not null collate "C",
  topic      text        not null collate "C",
  user_ids   text[],
  payload    bytea       not null,
  created_at timestamptz not null default clock_timestamp()
);
create index stage_xid on "${schema}".stage (xid, seq);
-- For a backlog, which is sealed in portions.
create index stage_seq on "${schema}".stage (seq);
-- Fresh statistics of a column that one value dominates turn the sealer's index scans into whole-table scans.
alter table "${schema}".stage alter column xid set statistics 0;
alter table "${schema}".stage set (
  autovacuum_vacuum_scale_factor = 0.1, autovacuum_vacuum_threshold = 1000,
  autovacuum_vacuum_insert_threshold = -1, autovacuum_vacuum_cost_delay = 0);
-- Without one, a publication for all tables makes every delete fail.
alter table "${schema}".stage replica identity full;

-- The snapshots by which was sealed. The newest says what the next one may pick.
create table "${schema}".tick (
  number      bigint      primary key,
  snapshot    pg_snapshot not null,
  -- Rows of transactions whose id is higher than the sealer's have a higher seq than this,
  sealer      xid8        not null default pg_current_xact_id(),
  seq_before  bigint      not null,
  -- and rows that the snapshot sees have at most this one.
  seq_after   bigint      not null,
  -- While a backlog is sealed in portions: everything of this tick up to this seq is in the log. Null when all is.
  sealed_to   bigint
);

-- Locked by whoever writes the log. A view has access control and no ANALYZE ever locks it; it names no table,
-- because locking a view locks those too.
create view "${schema}".gate as select 1 as one;

insert into "${schema}".store (channel, replay_window, max_payload_bytes, home_system, home_database, home_stage)
select '${channel}', make_interval(secs => ${replay_window_seconds}), ${max_payload_bytes},
       (select system_identifier from pg_control_system()),
       (select oid from pg_database where datname = current_database()),
       '"${schema}".stage'::regclass::oid;

insert into "${schema}".floor (number, trimmed_through, trimmed_check, first_tick) values (1, 0, '0', 1);

insert into "${schema}".tick (number, snapshot, seq_before, seq_after) values (1, pg_current_snapshot(), 0, 0);

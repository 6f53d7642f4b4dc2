-- Every migration looks nowhere else, whatever the role's or the database's path is: what others made in a schema on
-- that path must not run as the migrator. For the migration's transaction only, so that it holds behind a pooler too.
set local search_path = pg_catalog, pg_temp;

-- What writes the log sees all of it or fails, and waits for locks for a bounded time, whoever calls.

-- Refuses to go on inside somebody's transaction, where its snapshots would lie.
create or replace function "${schema}".require_alone() returns void
language plpgsql set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the log is written under READ COMMITTED only, this is %', current_setting('transaction_isolation')
      using errcode = 'invalid_transaction_state';
  end if;
  if pg_current_xact_id_if_assigned() is not null then
    raise exception 'the log is written in a transaction of its own, this one has written already'
      using errcode = 'invalid_transaction_state', hint = 'Publish inside a transaction with publish().';
  end if;
  -- Not SET on the function: that would be undone before the commit it is meant for.
  perform set_config('synchronous_commit', 'on', true);
  perform set_config('enable_seqscan', 'off', true);
  -- A plan that must scan a small table all the same counts as very dear then, and would be compiled: 100 ms a call.
  perform set_config('jit', 'off', true);
  -- For the gate, and for the notification queue at the commit: shorter than any caller waits for an answer, so that
  -- no server process is left behind that waits for nobody.
  perform set_config('lock_timeout', '4s', true);
  -- What a policy hides would be taken for sealed.
  perform set_config('row_security', 'off', true);
end $$;

-- These read our tables with their owner's rights: what a policy hides from the owner is no truth, so they fail.
alter function "${schema}".epoch() set row_security = off;
alter function "${schema}".is_staged() set row_security = off;
alter function "${schema}".count_staged(integer) set row_security = off;
alter function "${schema}".settle() set row_security = off;
alter function "${schema}".trim(integer) set row_security = off;
alter function "${schema}".position() set row_security = off;
alter function "${schema}".claim(text, bigint) set row_security = off;
alter function "${schema}".forget_claims(integer) set row_security = off;

revoke execute on all functions in schema "${schema}" from public;

-- Months of analytics that are made ahead and dropped, retries of the same event, and what monitoring asks.

-- A client's retry sends its event's id again, so the public roles may set it.
grant insert (id) on public.analytics_events to anon, authenticated;
alter table public.analytics_events
  add constraint analytics_events_data_size check (pg_column_size(event_data) <= 32768);

-- Which of these events have come already; event ids are derived from whose they are, so nobody can ask for another's.
-- As long as an event may be sent late, see functions/analytics_events.
create function private.received_analytics_events(ids uuid[]) returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select e.id from public.analytics_events e where e.id = any(ids) and e.created_at > now() - interval '8 days'
$$;

-- Makes the months from this one to `ahead` months on, and those of rows in the default partition, which move there.
-- Only the owner can: so it is the owner's, for this one table, and may be called by service_role alone.
-- Inserts into months that exist wait for nothing. Waits at most lock_timeout for its own locks, and raises 55P03.
create function private.make_analytics_months(ahead integer) returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  this_month constant date := date_trunc('month', now() at time zone 'UTC');
  missing date[];
  month date;
begin
  if ahead is null or ahead not between 1 and 12 then
    raise invalid_parameter_value using message = 'one to twelve months can be made ahead';
  end if;
  -- One run at a time.
  lock table only public.analytics_events in share update exclusive mode;
  missing := array(
    select wanted.month
    from generate_series(this_month::timestamp, this_month + make_interval(months => ahead), '1 month') as wanted (month)
    where to_regclass(private.analytics_month_name(wanted.month::date)) is null
  );
  if missing = '{}' and pg_relation_size('private.analytics_events_default') = 0 then
    return 0;
  end if;
  lock table private.analytics_events_default in access exclusive mode;
  -- Forced row level security shows the owner no rows; nobody else sees the table before it is forced again.
  alter table private.analytics_events_default no force row level security;
  missing := array(
    select unnest(missing)
    union select distinct date_trunc('month', d.created_at at time zone 'UTC')::date
    from private.analytics_events_default d
  );
  foreach month in array missing loop
    execute format('create table %s (like public.analytics_events including all)',
                   private.analytics_month_name(month));
    execute format('insert into %s select d.* from private.analytics_events_default d
                    where date_trunc(''month'', d.created_at at time zone ''UTC'') = %L',
                   private.analytics_month_name(month), month);
    execute format('alter table %s enable row level security, force row level security',
                   private.analytics_month_name(month));
  end loop;
  truncate private.analytics_events_default;
  alter table private.analytics_events_default force row level security;
  foreach month in array missing loop
    execute format('alter table public.analytics_events attach partition %s for values from (%L) to (%L)',
                   private.analytics_month_name(month), month::timestamp at time zone 'UTC',
                   (month + interval '1 month') at time zone 'UTC');
  end loop;
  return cardinality(missing);
end
$$;

-- Drops the months that ended more than `keep` months ago; never younger ones than a quarter of a year.
create function private.drop_analytics_months(keep integer) returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  oldest_kept date;
  month text;
  dropped integer := 0;
begin
  if keep is null or keep not between 3 and 120 then
    raise invalid_parameter_value using message = 'three to a hundred and twenty months can be kept';
  end if;
  oldest_kept := date_trunc('month', now() at time zone 'UTC') - make_interval(months => keep);
  for month in
    select i.inhrelid::regclass::text from pg_catalog.pg_inherits i
    where i.inhparent = 'public.analytics_events'::regclass
      and i.inhrelid::regclass::text ~ '^private\.analytics_events_\d{4}_\d{2}$'
      and i.inhrelid::regclass::text < private.analytics_month_name(oldest_kept)
  loop
    execute format('drop table %s', month);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

create function private.analytics_month_name(month date) returns text
language sql immutable security invoker set search_path = ''
as $$
  select 'private.analytics_events_' || to_char(month, 'YYYY_MM')
$$;

-- The request, schedule or message that queued a notification, as begin_request was told it: whoever queues it, its
-- delivery can be found in the logs by the same id.
alter table public.notifications_queue
  add column correlation_id text,
  add constraint notifications_queue_correlation_length check (length(correlation_id) <= 200),
  alter column correlation_id
    set default nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'correlation_id', '');

-- How many notifications are due and not yet sent (10,000 stand for more), and for how many seconds the oldest.
create function private.notification_backlog(out due integer, out oldest_seconds double precision)
language sql stable security definer set search_path = ''
as $$
  select
    (select count(*)::integer from (
      select from public.notifications_queue q where q.status = 'pending' and q.scheduled_for <= now() limit 10000
    ) d),
    -- One look into the index for each rank, by which it is ordered first.
    coalesce(extract(epoch from now() - (
      select min(o.oldest) from generate_series(0, 3) as r (rank), lateral (
        select min(q.scheduled_for) as oldest from public.notifications_queue q
        where q.status = 'pending' and q.priority_rank = r.rank and q.scheduled_for <= now()
      ) o
    )), 0)
$$;

-- The migrations that were applied, by yoyo's own table; null where something else applied them.
create function private.applied_migrations() returns text[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  if to_regclass('migration_history._yoyo_migration') is null then
    return null;
  end if;
  return array(select m.migration_id::text from migration_history._yoyo_migration m order by m.migration_id);
end
$$;

revoke execute on function private.received_analytics_events(uuid[]) from public;
grant execute on function private.received_analytics_events(uuid[]) to anon, authenticated;
revoke execute on function private.make_analytics_months(integer) from public;
grant execute on function private.make_analytics_months(integer) to service_role;
revoke execute on function private.drop_analytics_months(integer) from public;
grant execute on function private.drop_analytics_months(integer) to service_role;
revoke execute on function private.analytics_month_name(date) from public;
revoke execute on function private.notification_backlog() from public;
grant execute on function private.notification_backlog() to anon, service_role;
revoke execute on function private.applied_migrations() from public;
grant execute on function private.applied_migrations() to anon;

-- Rows that their callers may not see are read as the role that may; how that is handed over, see 006.
do $$
declare
  is_member constant boolean := exists (
    select from pg_catalog.pg_auth_members m
    where m.roleid = 'service_role'::regrole and m.member = current_user::regrole
      and coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
  );
begin
  if not is_member then
    grant service_role to current_user;
  end if;
  grant create on schema private to service_role;
  alter function private.received_analytics_events(uuid[]) owner to service_role;
  alter function private.notification_backlog() owner to service_role;
  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
end
$$;

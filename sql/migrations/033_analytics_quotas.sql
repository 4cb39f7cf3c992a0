-- How much each source of tracked events has sent in an hour: a session, an address (hashed), everybody without a token, or a
-- user. Rows of past hours are deleted by the daily run.
create table private.analytics_quotas (
  source text not null,
  hour timestamptz not null,
  events integer not null,
  bytes bigint not null,
  primary key (source, hour),
  constraint analytics_quotas_source_length check (length(source) <= 200),
  constraint analytics_quotas_not_negative check (events >= 0 and bytes >= 0)
);
create index analytics_quotas_by_hour on private.analytics_quotas (hour);
alter table private.analytics_quotas enable row level security;
alter table private.analytics_quotas force row level security;
create policy serve on private.analytics_quotas for all to service_role using (true) with check (true);
grant select, insert, update, delete on private.analytics_quotas to service_role;

-- Counts a batch for each of its sources; whether all of them are within their limits. The caller rolls back if not.
-- Whoever tracks may not see what others have sent, so it runs as the role that may; how that is handed over, see 006.
create function private.count_tracked(
  sources text[], max_events integer[], max_bytes bigint[], batch_events integer, batch_bytes bigint
) returns boolean
language sql security definer set search_path = ''
as $$
  with counted as (
    insert into private.analytics_quotas as known (source, hour, events, bytes)
    select named.source, date_trunc('hour', now()), batch_events, batch_bytes
    from unnest(sources) as named (source)
    order by named.source
    on conflict (source, hour) do update
      set events = known.events + excluded.events, bytes = known.bytes + excluded.bytes
    returning known.source, known.events, known.bytes
  )
  select bool_and(c.events <= most.events and c.bytes <= most.bytes)
  from counted c join unnest(sources, max_events, max_bytes) as most (source, events, bytes) on most.source = c.source
$$;
revoke execute on function private.count_tracked(text[], integer[], bigint[], integer, bigint) from public;
grant execute on function private.count_tracked(text[], integer[], bigint[], integer, bigint) to anon, authenticated;

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
  alter function private.count_tracked(text[], integer[], bigint[], integer, bigint) owner to service_role;
  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
end
$$;

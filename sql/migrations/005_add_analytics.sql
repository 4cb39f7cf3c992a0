-- What people did, what providers sent, what administrators changed.

-- One thing a visitor or student did; kept by month.
create table public.analytics_events (
  id uuid not null default gen_random_uuid(),
  user_id uuid,
  session_id text,
  event_name text not null,
  event_category text not null,
  event_data jsonb not null default '{}',
  occurred_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  primary key (id, created_at),
  constraint analytics_events_name_length check (length(event_name) between 1 and 100),
  constraint analytics_events_category_known
    check (event_category in ('engagement', 'conversion', 'navigation', 'error')),
  constraint analytics_events_session_length check (length(session_id) <= 100),
  constraint analytics_events_data_object check (jsonb_typeof(event_data) = 'object')
) partition by range (created_at);
create index analytics_events_by_user on public.analytics_events (user_id, created_at desc);
create index analytics_events_by_session on public.analytics_events (session_id, created_at);
create index analytics_events_by_name on public.analytics_events (event_name, created_at);

-- Rows that no month was made for are kept here rather than refused.
create table private.analytics_events_default partition of public.analytics_events default;

-- One delivery a provider made, byte for byte. Its content never changes, its status moves on.
create table public.webhook_logs (
  id uuid primary key default gen_random_uuid(),
  source text not null,
  event_id text,
  event_type text,
  signature_valid boolean not null,
  body bytea not null,
  body_hash bytea not null generated always as (sha256(body)) stored,
  headers jsonb not null default '{}',
  payload jsonb,
  status text not null default 'received',
  outcome text,
  error text,
  received_at timestamptz not null default now(),
  processed_at timestamptz,
  constraint webhook_logs_source_known check (source in ('razorpay', 'ses', 'sendgrid', 'twilio')),
  constraint webhook_logs_status_known check (status in ('received', 'processed', 'failed'))
);
-- Unsigned deliveries must not be able to claim the identity of signed ones.
create unique index webhook_logs_event_unique on public.webhook_logs (source, event_id) where signature_valid;
create unique index webhook_logs_body_unique on public.webhook_logs (source, signature_valid, body_hash);
create index webhook_logs_by_time on public.webhook_logs (received_at desc, id);
create index webhook_logs_by_status on public.webhook_logs (status, received_at);

-- Generated columns are left out of the comparison: a before trigger sees them as null.
create function private.only_processing() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  free constant text[] := array['status', 'outcome', 'error', 'processed_at', 'payload', 'event_type', 'body_hash'];
begin
  if to_jsonb(new) - free is distinct from to_jsonb(old) - free
     or old.payload is not null and new.payload is distinct from old.payload then
    raise insufficient_privilege using message = 'what was received cannot change';
  end if;
  return new;
end
$$;
revoke execute on function private.only_processing() from public;
create trigger webhook_logs_only_processing before update on public.webhook_logs
  for each row execute function private.only_processing();
create trigger webhook_logs_never_deleted before delete on public.webhook_logs
  for each row execute function private.refuse_change();
create trigger webhook_logs_never_truncated before truncate on public.webhook_logs
  for each statement execute function private.refuse_change();

-- One change an administrator made; each row carries the hash of the one before it.
create table public.admin_audit_logs (
  position bigint primary key,
  admin_id uuid not null references public.profiles (id),
  action text not null,
  resource_type text not null,
  resource_id text not null,
  old_values jsonb,
  new_values jsonb,
  ip_address inet,
  user_agent text,
  request_id text,
  created_at timestamptz not null,
  previous_hash bytea not null,
  hash bytea not null,
  constraint admin_audit_logs_hash_unique unique (hash)
);
create index admin_audit_logs_by_admin on public.admin_audit_logs (admin_id, position desc);
create index admin_audit_logs_by_resource on public.admin_audit_logs (resource_type, resource_id, position desc);

-- Appends to the chain: the lock makes one row follow another, the hash covers every column that was given.
create function private.chain_audit_row() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('admin_audit_logs', 0));
  select coalesce(max(l.position), 0) + 1 into new.position from public.admin_audit_logs l;
  select l.hash into new.previous_hash from public.admin_audit_logs l where l.position = new.position - 1;
  new.previous_hash := coalesce(new.previous_hash, '\x'::bytea);
  new.created_at := clock_timestamp();
  new.hash := private.audit_row_hash(new);
  return new;
end
$$;

create function private.audit_row_hash(audit public.admin_audit_logs) returns bytea
language sql stable security invoker set search_path = ''
as $$
  select sha256(audit.previous_hash || convert_to(jsonb_build_array(
    audit.position, audit.admin_id, audit.action, audit.resource_type, audit.resource_id, audit.old_values,
    audit.new_values, host(audit.ip_address), audit.user_agent, audit.request_id,
    extract(epoch from audit.created_at)
  )::text, 'UTF8'))
$$;
revoke execute on function private.chain_audit_row() from public;
revoke execute on function private.audit_row_hash(public.admin_audit_logs) from public;
grant execute on function private.audit_row_hash(public.admin_audit_logs) to app_admin, service_role;
create trigger admin_audit_logs_chain before insert on public.admin_audit_logs
  for each row execute function private.chain_audit_row();
create trigger admin_audit_logs_never_changed before update or delete on public.admin_audit_logs
  for each row execute function private.refuse_change();
create trigger admin_audit_logs_never_truncated before truncate on public.admin_audit_logs
  for each statement execute function private.refuse_change();

alter table public.analytics_events enable row level security;
alter table public.analytics_events force row level security;
alter table private.analytics_events_default enable row level security;
alter table private.analytics_events_default force row level security;
alter table public.webhook_logs enable row level security;
alter table public.webhook_logs force row level security;
alter table public.admin_audit_logs enable row level security;
alter table public.admin_audit_logs force row level security;

create policy track on public.analytics_events for insert to anon with check (user_id is null);
create policy track_own on public.analytics_events for insert to authenticated
  with check (user_id = (select private.uid()));
create policy own on public.analytics_events for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.analytics_events for select to app_admin using (true);
create policy serve on public.analytics_events for all to service_role using (true) with check (true);
grant insert (user_id, session_id, event_name, event_category, event_data, occurred_at)
  on public.analytics_events to anon, authenticated;
grant select on public.analytics_events to authenticated, app_admin;
grant select, insert on public.analytics_events to service_role;

create policy administer on public.webhook_logs for all to app_admin using (true) with check (true);
create policy serve on public.webhook_logs for all to service_role using (true) with check (true);
grant select, update (status, outcome, error, processed_at, payload, event_type)
  on public.webhook_logs to app_admin, service_role;
grant insert on public.webhook_logs to service_role;

create policy administer on public.admin_audit_logs for select to app_admin using (true);
create policy sign on public.admin_audit_logs for insert to app_admin with check (admin_id = (select private.uid()));
create policy serve on public.admin_audit_logs for select to service_role using (true);
grant select, insert on public.admin_audit_logs to app_admin;
grant select on public.admin_audit_logs to service_role;

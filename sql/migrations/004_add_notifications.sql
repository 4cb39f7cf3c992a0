-- The outbox of everything told to people, their inbox, their choices and their open connections.

-- One message to one person over one way, written in the transaction of what it tells about.
create table public.notifications_queue (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  type text not null,
  channel text not null,
  template text not null,
  data jsonb not null default '{}',
  status text not null default 'pending',
  priority text not null default 'medium',
  priority_rank smallint not null generated always as (
    case priority when 'urgent' then 0 when 'high' then 1 when 'medium' then 2 else 3 end
  ) stored,
  scheduled_for timestamptz not null default now(),
  retry_count integer not null default 0,
  dedupe_key text not null,
  lease_token uuid,
  lease_until timestamptz,
  provider_message_id text,
  last_error text,
  sent_at timestamptz,
  created_at timestamptz not null default now(),
  constraint notifications_queue_dedupe_unique unique (dedupe_key),
  constraint notifications_queue_type_known check (type in ('email', 'sms', 'in_app')),
  constraint notifications_queue_channel_known check (channel in ('transactional', 'marketing', 'alert')),
  constraint notifications_queue_status_known check (status in ('pending', 'sent', 'failed', 'cancelled')),
  constraint notifications_queue_priority_known check (priority in ('low', 'medium', 'high', 'urgent')),
  constraint notifications_queue_retry_range check (retry_count between 0 and 3),
  constraint notifications_queue_lease_whole check ((lease_token is null) = (lease_until is null)),
  constraint notifications_queue_data_object check (jsonb_typeof(data) = 'object')
);
create index notifications_queue_due on public.notifications_queue (priority_rank, scheduled_for, id)
  where status = 'pending';
create index notifications_queue_by_user on public.notifications_queue (user_id, created_at desc);
create index notifications_queue_failed on public.notifications_queue (created_at) where status = 'failed';

-- A message in a person's inbox.
create table public.in_app_notifications (
  id uuid primary key default gen_random_uuid(),
  notification_id uuid references public.notifications_queue (id),
  user_id uuid not null references public.profiles (id),
  title text not null,
  message text not null,
  type text not null default 'info',
  action_url text,
  read_at timestamptz,
  created_at timestamptz not null default now(),
  constraint in_app_notifications_once unique (notification_id),
  constraint in_app_notifications_type_known check (type in ('info', 'success', 'warning', 'error'))
);
create index in_app_notifications_by_user on public.in_app_notifications (user_id, created_at desc, id);
create index in_app_notifications_unread on public.in_app_notifications (user_id) where read_at is null;

-- What a person wants over one way for one kind of message; absent means yes.
create table public.notification_preferences (
  user_id uuid not null references public.profiles (id),
  type text not null,
  channel text not null,
  enabled boolean not null,
  updated_at timestamptz not null default now(),
  primary key (user_id, type, channel),
  constraint notification_preferences_type_known check (type in ('email', 'sms', 'in_app')),
  constraint notification_preferences_channel_known check (channel in ('transactional', 'marketing', 'alert'))
);

-- An address that bounced or complained; nothing is sent there again.
create table public.suppressed_addresses (
  type text not null,
  address text not null,
  reason text not null,
  created_at timestamptz not null default now(),
  primary key (type, address),
  constraint suppressed_addresses_type_known check (type in ('email', 'sms')),
  constraint suppressed_addresses_reason_known check (reason in ('bounce', 'complaint', 'opt_out'))
);

-- An open WebSocket connection of a person.
create table public.realtime_connections (
  connection_id text primary key,
  user_id uuid not null references public.profiles (id),
  connected_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index realtime_connections_by_user on public.realtime_connections (user_id);

alter table public.notifications_queue enable row level security;
alter table public.notifications_queue force row level security;
alter table public.in_app_notifications enable row level security;
alter table public.in_app_notifications force row level security;
alter table public.notification_preferences enable row level security;
alter table public.notification_preferences force row level security;
alter table public.suppressed_addresses enable row level security;
alter table public.suppressed_addresses force row level security;
alter table public.realtime_connections enable row level security;
alter table public.realtime_connections force row level security;

create policy administer on public.notifications_queue for all to app_admin using (true) with check (true);
create policy serve on public.notifications_queue for all to service_role using (true) with check (true);
grant select, insert, update on public.notifications_queue to app_admin, service_role;

create policy own on public.in_app_notifications for select to authenticated using (user_id = (select private.uid()));
create policy read_own on public.in_app_notifications for update to authenticated
  using (user_id = (select private.uid())) with check (user_id = (select private.uid()));
create policy administer on public.in_app_notifications for select to app_admin using (true);
create policy serve on public.in_app_notifications for all to service_role using (true) with check (true);
grant select, update (read_at) on public.in_app_notifications to authenticated;
grant select on public.in_app_notifications to app_admin;
grant select, insert on public.in_app_notifications to service_role;

create policy own on public.notification_preferences for all to authenticated
  using (user_id = (select private.uid())) with check (user_id = (select private.uid()));
create policy administer on public.notification_preferences for select to app_admin using (true);
create policy serve on public.notification_preferences for all to service_role using (true) with check (true);
grant select, insert, update (enabled, updated_at) on public.notification_preferences to authenticated, service_role;
grant select on public.notification_preferences to app_admin;

create policy administer on public.suppressed_addresses for all to app_admin using (true) with check (true);
create policy serve on public.suppressed_addresses for all to service_role using (true) with check (true);
grant select, delete on public.suppressed_addresses to app_admin;
grant select, insert on public.suppressed_addresses to service_role;

create policy serve on public.realtime_connections for all to service_role using (true) with check (true);
grant select, insert, update, delete on public.realtime_connections to service_role;

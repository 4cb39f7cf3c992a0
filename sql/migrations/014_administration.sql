-- What administrators look up: deliveries by what they are about, seats given by hand, signs of fraud, erasures.

-- The order and payment a delivery is about, cut to the length of Razorpay's ids: a signed body may hold anything.
-- The table is rewritten under its lock; deliveries meanwhile are answered 503, and Razorpay makes them again.
alter table public.webhook_logs
  -- squawk-ignore adding-field-with-default
  add column razorpay_order_id text generated always as (left(payload #>> '{payload,payment,entity,order_id}', 40)) stored,
  -- squawk-ignore adding-field-with-default
  add column razorpay_payment_id text generated always as (left(payload #>> '{payload,payment,entity,id}', 40)) stored;
create index webhook_logs_by_order on public.webhook_logs (razorpay_order_id) where razorpay_order_id is not null;
create index webhook_logs_by_payment on public.webhook_logs (razorpay_payment_id) where razorpay_payment_id is not null;

create or replace function private.only_processing() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  free constant text[] := array['status', 'outcome', 'error', 'processed_at', 'payload', 'event_type', 'body_hash',
    'razorpay_order_id', 'razorpay_payment_id'];
begin
  if to_jsonb(new) - free is distinct from to_jsonb(old) - free
     or old.payload is not null and new.payload is distinct from old.payload then
    raise insufficient_privilege using message = 'what was received cannot change';
  end if;
  return new;
end
$$;

-- admin: a seat that an administrator gave. The constraint only becomes wider.
alter table public.registrations
  -- squawk-ignore ban-drop-constraint
  drop constraint registrations_source_known,
  add constraint registrations_source_known check (source in ('direct', 'waitlist', 'referral_reward', 'admin'));
create index registrations_by_time on public.registrations (created_at desc, id);

-- An account that was erased, and the user of the pool who is still to be deleted for it (null once that is done, or
-- where the users are somebody else's).
create table public.erasures (
  user_id uuid primary key references public.profiles (id),
  requested_at timestamptz not null,
  pool_username text,
  constraint erasures_username_length check (length(pool_username) <= 128)
);
create index erasures_unfinished on public.erasures (requested_at) where pool_username is not null;

alter table public.erasures enable row level security;
alter table public.erasures force row level security;
create policy administer on public.erasures for select to app_admin using (true);
create policy serve on public.erasures for all to service_role using (true) with check (true);
grant select on public.erasures to app_admin;
grant select, insert, update (pool_username) on public.erasures to service_role;

-- What an erasure takes away; what was bought, paid and certified stays.
grant delete on public.in_app_notifications, public.notification_preferences, public.suppressed_addresses
  to service_role;
grant update (user_id, session_id, event_data) on public.analytics_events to service_role;
grant update (comments) on public.event_feedback to service_role;
create policy serve on public.recording_positions for all to service_role using (true) with check (true);
grant select, delete on public.recording_positions to service_role;

-- Where a registration or its payment was done from: the device as a keyed hash, to be compared and never read back.
-- Kept for DeviceRetentionDays.
create table public.device_sightings (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  registration_id uuid not null references public.registrations (id),
  action text not null,
  device_hash bytea not null,
  ip_address inet,
  seen_at timestamptz not null,
  constraint device_sightings_action_known check (action in ('registered', 'payment_opened', 'payment_verified')),
  constraint device_sightings_once unique (registration_id, action, device_hash)
);
create index device_sightings_by_user on public.device_sightings (user_id);
create index device_sightings_by_device on public.device_sightings (device_hash);
create index device_sightings_by_time on public.device_sightings (seen_at);

-- What an administrator found out about a sign of fraud, and for which accounts: more of them show it anew.
create table public.fraud_reviews (
  signal_id uuid primary key,
  kind text not null,
  accounts uuid[] not null,
  note text not null,
  reviewed_by uuid not null references public.profiles (id),
  reviewed_at timestamptz not null,
  constraint fraud_reviews_note_length check (length(note) between 1 and 500)
);
create index fraud_reviews_by_reviewer on public.fraud_reviews (reviewed_by);

alter table public.device_sightings enable row level security;
alter table public.device_sightings force row level security;
alter table public.fraud_reviews enable row level security;
alter table public.fraud_reviews force row level security;
create policy administer on public.device_sightings for select to app_admin using (true);
create policy serve on public.device_sightings for all to service_role using (true) with check (true);
grant select on public.device_sightings to app_admin;
grant select, insert, delete, update (ip_address, seen_at) on public.device_sightings to service_role;
create policy administer on public.fraud_reviews for all to app_admin using (true) with check (true);
grant select, insert, update (accounts, note, reviewed_by, reviewed_at) on public.fraud_reviews to app_admin;

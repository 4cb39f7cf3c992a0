-- Roles, request identity, people, courses, registrations, referrals and feedback.
--
-- Every table: row level security enabled and forced; one policy per role, never "or is admin" in everyone's.
-- A Lambda logs in as app_login or worker_login, which own nothing and inherit nothing, and takes one of the four
-- request roles for one transaction through begin_request().

do $$
declare
  missing text;
begin
  foreach missing in array array['anon', 'authenticated', 'app_admin', 'service_role'] loop
    if not exists (select 1 from pg_catalog.pg_roles where rolname = missing) then
      execute format('create role %I nologin noinherit', missing);
    end if;
  end loop;
  foreach missing in array array['app_login', 'worker_login'] loop
    if not exists (select 1 from pg_catalog.pg_roles where rolname = missing) then
      execute format('create role %I login noinherit', missing);
    end if;
  end loop;
end
$$;

grant anon, authenticated, app_admin to app_login;
grant anon, authenticated, service_role to worker_login;

alter role app_login set statement_timeout = '5s';
alter role app_login set lock_timeout = '3s';
alter role app_login set idle_in_transaction_session_timeout = '10s';
alter role worker_login set statement_timeout = '5s';
alter role worker_login set lock_timeout = '3s';
alter role worker_login set idle_in_transaction_session_timeout = '10s';

-- Supabase gives its API roles everything that is created in public; here each table says itself what it gives.
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;

create schema private;
revoke all on schema public from public;
grant usage on schema public to anon, authenticated, app_admin, service_role, app_login, worker_login;
grant usage on schema private to anon, authenticated, app_admin, service_role;

-- The user of this transaction, null when nobody is: an empty setting is what a finished transaction leaves behind.
create function private.uid() returns uuid
language sql stable security invoker set search_path = ''
as $$
  select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
$$;
revoke execute on function private.uid() from public;
grant execute on function private.uid() to anon, authenticated, app_admin, service_role;

-- gmail ignores dots and everybody ignores +tags: two spellings of one mailbox are one person.
create function private.normalize_email(email text) returns text
language sql immutable security invoker set search_path = ''
as $$
  select case
    when split_part(lower(email), '@', 2) in ('gmail.com', 'googlemail.com')
      then replace(split_part(split_part(lower(email), '@', 1), '+', 1), '.', '') || '@gmail.com'
    else split_part(split_part(lower(email), '@', 1), '+', 1) || '@' || split_part(lower(email), '@', 2)
  end
$$;
revoke execute on function private.normalize_email(text) from public;
grant execute on function private.normalize_email(text) to service_role, app_admin;

create function private.new_referral_code() returns text
language sql volatile security invoker set search_path = ''
as $$
  select upper(substr(replace(gen_random_uuid()::text, '-', ''), 1, 10))
$$;
revoke execute on function private.new_referral_code() from public;
grant execute on function private.new_referral_code() to service_role, app_admin;

-- A person as the identity provider knows them; written from the pool, never from a request's fields.
create table public.profiles (
  id uuid primary key,
  email text not null,
  email_normalized text not null generated always as (private.normalize_email(email)) stored,
  full_name text not null default '',
  phone text,
  language text not null default 'en',
  referral_code text not null default private.new_referral_code(),
  created_at timestamptz not null default now(),
  erased_at timestamptz,
  constraint profiles_referral_code_unique unique (referral_code),
  constraint profiles_email_length check (length(email) between 3 and 320),
  constraint profiles_full_name_length check (length(full_name) <= 200),
  constraint profiles_phone_format check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  constraint profiles_language_format check (language ~ '^[a-z]{2}(-[A-Z]{2})?$')
);
create index profiles_email_normalized on public.profiles (email_normalized);
create index profiles_phone on public.profiles (phone);

-- A person who may administer; the token's group alone is not enough.
create table public.admins (
  user_id uuid primary key references public.profiles (id),
  granted_at timestamptz not null default now()
);

-- A course that is sold: a fixed number of seats, one price, one or more live sessions.
create table public.events (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  description text not null default '',
  instructor text not null default '',
  category text not null,
  status text not null default 'draft',
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  sales_end_at timestamptz,
  time_zone text not null default 'Asia/Kolkata',
  capacity integer not null,
  price_amount bigint not null default 0,
  currency text not null default 'INR',
  full_refund_hours integer not null default 72,
  partial_refund_hours integer not null default 24,
  partial_refund_percent integer not null default 50,
  minimum_attendance_minutes integer not null default 0,
  meeting_url text,
  cancelled_at timestamptz,
  cancel_reason text,
  completed_at timestamptz,
  created_at timestamptz not null default now(),
  constraint events_title_length check (length(title) between 1 and 200),
  constraint events_category_known check (category in ('technical', 'non_technical')),
  constraint events_status_known check (status in ('draft', 'upcoming', 'ongoing', 'completed', 'cancelled')),
  constraint events_end_after_start check (ends_at > starts_at),
  constraint events_capacity_positive check (capacity between 1 and 1000000),
  constraint events_price_not_negative check (price_amount >= 0),
  constraint events_price_chargeable check (price_amount = 0 or price_amount >= 100),
  constraint events_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint events_refund_hours check (full_refund_hours >= partial_refund_hours and partial_refund_hours >= 0),
  constraint events_refund_percent check (partial_refund_percent between 0 and 100),
  constraint events_minimum_attendance check (minimum_attendance_minutes >= 0)
);
create index events_by_status_start on public.events (status, starts_at);
create index events_by_start on public.events (starts_at, id);

-- One person's place in one course; pending and confirmed hold a seat, cancelled and expired do not.
create table public.registrations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  status text not null,
  payment_status text not null,
  amount bigint not null,
  currency text not null,
  hold_expires_at timestamptz,
  source text not null default 'direct',
  confirmed_at timestamptz,
  cancelled_at timestamptz,
  cancel_reason text,
  created_at timestamptz not null default now(),
  constraint registrations_status_known check (status in ('pending', 'confirmed', 'cancelled', 'expired')),
  constraint registrations_payment_status_known
    check (payment_status in ('pending', 'completed', 'free', 'failed', 'refunded')),
  constraint registrations_amount_not_negative check (amount >= 0),
  constraint registrations_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint registrations_source_known check (source in ('direct', 'waitlist', 'referral_reward')),
  constraint registrations_pending_has_hold check (status <> 'pending' or hold_expires_at is not null),
  constraint registrations_confirmed_is_paid
    check (status <> 'confirmed' or (confirmed_at is not null and payment_status in ('completed', 'free', 'refunded')))
);
create unique index registrations_one_active on public.registrations (user_id, event_id)
  where status in ('pending', 'confirmed');
create index registrations_by_user on public.registrations (user_id, created_at desc, id);
create index registrations_by_event on public.registrations (event_id, status);
create index registrations_holds on public.registrations (hold_expires_at) where status = 'pending';

-- One person brought another to one course; rewarded ones are never counted again. Money that goes back before
-- revocable_until takes the reward back.
create table public.referrals (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.profiles (id),
  referred_user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  registration_id uuid not null references public.registrations (id),
  status text not null default 'pending',
  completed_at timestamptz,
  revocable_until timestamptz,
  rewarded_at timestamptz,
  created_at timestamptz not null default now(),
  constraint referrals_completed_has_cooling_end
    check (status not in ('completed', 'rewarded') or (completed_at is not null and revocable_until is not null)),
  constraint referrals_status_known check (status in ('pending', 'completed', 'rewarded', 'cancelled')),
  constraint referrals_not_self check (referrer_id <> referred_user_id),
  constraint referrals_one_per_referred unique (referred_user_id, event_id)
);
create index referrals_by_referrer on public.referrals (referrer_id, event_id, status);
create index referrals_by_event on public.referrals (event_id, status);
create index referrals_by_registration on public.referrals (registration_id);
create index referrals_by_status on public.referrals (status, created_at);

-- A ledger line: what a referrer was granted for one course and tier, and whether it was taken back.
create table public.referral_rewards (
  id uuid primary key default gen_random_uuid(),
  referrer_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  tier integer not null default 1,
  kind text not null,
  registration_id uuid references public.registrations (id),
  amount bigint not null default 0,
  currency text not null default 'INR',
  status text not null default 'granted',
  granted_at timestamptz not null default now(),
  revoked_at timestamptz,
  revoke_reason text,
  constraint referral_rewards_kind_known check (kind in ('free_access', 'credit')),
  constraint referral_rewards_status_known check (status in ('granted', 'revoked')),
  constraint referral_rewards_tier_positive check (tier >= 1),
  constraint referral_rewards_amount_not_negative check (amount >= 0),
  constraint referral_rewards_revoked_when check ((status = 'revoked') = (revoked_at is not null))
);
-- A line that was taken back stays; the same reward may be earned once more by other referrals.
create unique index referral_rewards_one_in_force on public.referral_rewards (referrer_id, event_id, tier)
  where status = 'granted';
create index referral_rewards_by_referrer on public.referral_rewards (referrer_id, granted_at desc, id);
create index referral_rewards_by_event on public.referral_rewards (event_id);
create index referral_rewards_by_registration on public.referral_rewards (registration_id);

-- One student's opinion of one course.
create table public.event_feedback (
  id uuid primary key default gen_random_uuid(),
  registration_id uuid not null references public.registrations (id),
  user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  rating integer not null,
  comments text,
  created_at timestamptz not null default now(),
  constraint event_feedback_once unique (registration_id),
  constraint event_feedback_rating_range check (rating between 1 and 5),
  constraint event_feedback_comments_length check (length(comments) <= 5000)
);
create index event_feedback_by_event on public.event_feedback (event_id, created_at);
create index event_feedback_by_user on public.event_feedback (user_id);

alter table public.profiles enable row level security;
alter table public.profiles force row level security;
alter table public.admins enable row level security;
alter table public.admins force row level security;
alter table public.events enable row level security;
alter table public.events force row level security;
alter table public.registrations enable row level security;
alter table public.registrations force row level security;
alter table public.referrals enable row level security;
alter table public.referrals force row level security;
alter table public.referral_rewards enable row level security;
alter table public.referral_rewards force row level security;
alter table public.event_feedback enable row level security;
alter table public.event_feedback force row level security;

create policy own on public.profiles for select to authenticated using (id = (select private.uid()));
create policy administer on public.profiles for all to app_admin using (true) with check (true);
create policy serve on public.profiles for all to service_role using (true) with check (true);
grant select on public.profiles to authenticated;
grant select, insert, update on public.profiles to service_role;
grant select, update on public.profiles to app_admin;

create policy administer on public.admins for select to app_admin using (true);
create policy serve on public.admins for select to service_role using (true);
grant select on public.admins to app_admin, service_role;

create policy published on public.events for select to anon using (status <> 'draft');
create policy published_or_own on public.events for select to authenticated using (status <> 'draft');
create policy administer on public.events for all to app_admin using (true) with check (true);
create policy serve on public.events for all to service_role using (true) with check (true);
-- meeting_url is for the registered only, so the public roles get the other columns by name.
grant select (
  id, title, description, instructor, category, status, starts_at, ends_at, sales_end_at, time_zone, capacity,
  price_amount, currency, full_refund_hours, partial_refund_hours, partial_refund_percent,
  minimum_attendance_minutes, cancelled_at, cancel_reason, completed_at, created_at
) on public.events to anon, authenticated;
grant select, insert, update on public.events to app_admin, service_role;

create policy own on public.registrations for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.registrations for all to app_admin using (true) with check (true);
create policy serve on public.registrations for all to service_role using (true) with check (true);
grant select on public.registrations to authenticated;
grant select, insert, update on public.registrations to app_admin, service_role;

create policy own on public.referrals for select to authenticated using (referrer_id = (select private.uid()));
create policy administer on public.referrals for all to app_admin using (true) with check (true);
create policy serve on public.referrals for all to service_role using (true) with check (true);
grant select on public.referrals to authenticated;
grant select, insert, update on public.referrals to app_admin, service_role;

create policy own on public.referral_rewards for select to authenticated using (referrer_id = (select private.uid()));
create policy administer on public.referral_rewards for all to app_admin using (true) with check (true);
create policy serve on public.referral_rewards for all to service_role using (true) with check (true);
grant select on public.referral_rewards to authenticated;
grant select, insert, update on public.referral_rewards to app_admin, service_role;

create policy own on public.event_feedback for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.event_feedback for select to app_admin using (true);
create policy serve on public.event_feedback for all to service_role using (true) with check (true);
grant select on public.event_feedback to authenticated, app_admin;
grant select, insert on public.event_feedback to service_role;

-- Makes this transaction act as a role and a person, and nothing else of the session: safe behind a transaction pooler.
-- Executable by the login roles only, so a transaction that has taken a role cannot take another one.
-- Raises 22023 for an unknown role or a malformed subject, 28000 for an admin who is not in public.admins,
-- 42501 (PostgreSQL's own) for a role the login may not take.
create function public.begin_request(role text, claims jsonb default '{}') returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  subject text := claims ->> 'sub';
begin
  if role is null or role not in ('anon', 'authenticated', 'app_admin', 'service_role') then
    raise invalid_parameter_value using message = 'unknown request role';
  end if;
  if jsonb_typeof(claims) is distinct from 'object' then
    raise invalid_parameter_value using message = 'claims must be an object';
  end if;
  if role in ('authenticated', 'app_admin')
     and coalesce(subject, '') !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    raise invalid_parameter_value using message = 'a request needs a subject that is a uuid';
  end if;
  perform set_config('role', role, true);
  perform set_config('request.jwt.claims', claims::text, true);
  -- Two ifs: in one, the generic plan that a connection's sixth call gets would ask every role for a right on admins.
  if role = 'app_admin' then
    if not exists (select 1 from public.admins a where a.user_id = subject::uuid) then
      raise invalid_authorization_specification using message = 'not an administrator';
    end if;
  end if;
end
$$;
revoke execute on function public.begin_request(text, jsonb) from public;
grant execute on function public.begin_request(text, jsonb) to app_login, worker_login;

-- Recordings of live sessions, and the queue for seats in a full course.

-- A recorded session's file and how far its processing came.
create table public.session_recordings (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references public.events (id),
  session_id uuid references public.event_sessions (id),
  title text not null default '',
  video_url text not null,
  thumbnail_url text,
  duration_minutes integer,
  file_size_mb numeric(12, 2),
  processing_status text not null default 'uploading',
  failure_reason text,
  created_by uuid references public.profiles (id),
  created_at timestamptz not null default now(),
  constraint session_recordings_status_known
    check (processing_status in ('uploading', 'processing', 'ready', 'failed')),
  constraint session_recordings_duration_positive check (duration_minutes > 0),
  constraint session_recordings_size_positive check (file_size_mb > 0)
);
create index session_recordings_by_event on public.session_recordings (event_id, created_at);
create index session_recordings_by_session on public.session_recordings (session_id);
create index session_recordings_by_creator on public.session_recordings (created_by);

-- How far one student has watched one recording, in seconds.
create table public.recording_positions (
  recording_id uuid not null references public.session_recordings (id),
  user_id uuid not null references public.profiles (id),
  position_seconds integer not null,
  updated_at timestamptz not null default now(),
  primary key (user_id, recording_id),
  constraint recording_positions_not_negative check (position_seconds >= 0)
);
create index recording_positions_by_recording on public.recording_positions (recording_id);

-- A person waiting for a seat. notified is a live offer that holds a seat until expires_at.
create table public.event_waitlist (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references public.events (id),
  user_id uuid not null references public.profiles (id),
  status text not null default 'waiting',
  joined_at timestamptz not null default clock_timestamp(),
  notified_at timestamptz,
  expires_at timestamptz,
  registration_id uuid references public.registrations (id),
  constraint event_waitlist_status_known check (status in ('waiting', 'notified', 'registered', 'expired', 'left')),
  constraint event_waitlist_offer_has_end
    check (status <> 'notified' or (notified_at is not null and expires_at is not null)),
  constraint event_waitlist_registered_has_seat check (status <> 'registered' or registration_id is not null)
);
create unique index event_waitlist_one_live on public.event_waitlist (user_id, event_id)
  where status in ('waiting', 'notified');
create index event_waitlist_queue on public.event_waitlist (event_id, status, joined_at, id);
create index event_waitlist_by_user on public.event_waitlist (user_id, joined_at desc, id);
create index event_waitlist_offers on public.event_waitlist (expires_at) where status = 'notified';
create index event_waitlist_by_registration on public.event_waitlist (registration_id);

alter table public.session_recordings enable row level security;
alter table public.session_recordings force row level security;
alter table public.recording_positions enable row level security;
alter table public.recording_positions force row level security;
alter table public.event_waitlist enable row level security;
alter table public.event_waitlist force row level security;

create policy paid on public.session_recordings for select to authenticated using (
  processing_status = 'ready' and event_id in (
    select r.event_id from public.registrations r
    where r.user_id = (select private.uid())
      and r.status = 'confirmed' and r.payment_status in ('completed', 'free')
  )
);
create policy administer on public.session_recordings for all to app_admin using (true) with check (true);
create policy serve on public.session_recordings for all to service_role using (true) with check (true);
grant select on public.session_recordings to authenticated;
grant select, insert, update on public.session_recordings to app_admin, service_role;

create policy own on public.recording_positions for all to authenticated
  using (user_id = (select private.uid()))
  with check (
    user_id = (select private.uid())
    and recording_id in (select s.id from public.session_recordings s)
  );
create policy administer on public.recording_positions for select to app_admin using (true);
grant select, insert, update (position_seconds, updated_at) on public.recording_positions to authenticated;
grant select on public.recording_positions to app_admin;

create policy own on public.event_waitlist for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.event_waitlist for all to app_admin using (true) with check (true);
create policy serve on public.event_waitlist for all to service_role using (true) with check (true);
grant select on public.event_waitlist to authenticated;
grant select, insert, update on public.event_waitlist to app_admin, service_role;

-- Seats that are taken: confirmed and pending registrations and live offers. One definition for every counter.
create function private.seats_taken(event uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select (
    (select count(*) from public.registrations r where r.event_id = event and r.status in ('confirmed', 'pending'))
    + (select count(*) from public.event_waitlist w where w.event_id = event and w.status = 'notified')
  )::integer
$$;

-- Where a waiting entry stands, 1 for the next one; null once it no longer waits.
create function private.waitlist_position(entry uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select (
    select count(*)::integer from public.event_waitlist ahead
    where ahead.event_id = mine.event_id and ahead.status = 'waiting'
      and (ahead.joined_at, ahead.id) <= (mine.joined_at, mine.id)
  )
  from public.event_waitlist mine
  where mine.id = entry and mine.status = 'waiting'
$$;

revoke execute on function private.seats_taken(uuid) from public;
grant execute on function private.seats_taken(uuid) to anon, authenticated, app_admin, service_role;
revoke execute on function private.waitlist_position(uuid) from public;
grant execute on function private.waitlist_position(uuid) to authenticated, app_admin, service_role;

-- They count rows that their callers may not see, as the role that may; forced row level security hides them from
-- the migrations' role too, which is a member of service_role only while it hands them over.
do $$
declare
  -- PostgreSQL 16 and later record a creator as a member that may administer the role but not act as it.
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
  alter function private.seats_taken(uuid) owner to service_role;
  alter function private.waitlist_position(uuid) owner to service_role;
  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
end
$$;

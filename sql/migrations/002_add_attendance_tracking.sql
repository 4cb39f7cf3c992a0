-- Live sessions and who was in them.

-- One live session of a course (two hours by default); a course has one or more.
create table public.event_sessions (
  id uuid primary key default gen_random_uuid(),
  event_id uuid not null references public.events (id),
  title text not null default '',
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint event_sessions_end_after_start check (ends_at > starts_at),
  constraint event_sessions_start_unique unique (event_id, starts_at)
);
create index event_sessions_by_start on public.event_sessions (starts_at);

-- A course has a session from the start: its own time, until an administrator plans more of them.
create function private.keep_first_session() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into public.event_sessions (event_id, title, starts_at, ends_at)
    values (new.id, new.title, new.starts_at, new.ends_at);
  elsif (new.starts_at, new.ends_at) is distinct from (old.starts_at, old.ends_at) then
    update public.event_sessions s set starts_at = new.starts_at, ends_at = new.ends_at
    where s.event_id = new.id and s.starts_at = old.starts_at and s.ends_at = old.ends_at;
  end if;
  return null;
end
$$;
revoke execute on function private.keep_first_session() from public;
create trigger events_keep_first_session after insert or update of starts_at, ends_at on public.events
  for each row execute function private.keep_first_session();

-- One stay in a session, from check-in to check-out; coming back is another row.
create table public.session_attendance (
  id uuid primary key default gen_random_uuid(),
  registration_id uuid not null references public.registrations (id),
  user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  session_id uuid not null references public.event_sessions (id),
  check_in_time timestamptz not null,
  check_out_time timestamptz,
  duration_minutes integer generated always as
    (floor(extract(epoch from (check_out_time - check_in_time)) / 60)::integer) stored,
  closed_by text,
  ip_address inet,
  user_agent text,
  created_at timestamptz not null default now(),
  constraint session_attendance_out_after_in check (check_out_time >= check_in_time),
  constraint session_attendance_closed_by_known check (closed_by in ('student', 'session_end')),
  constraint session_attendance_closed_has_time check ((closed_by is null) = (check_out_time is null)),
  constraint session_attendance_user_agent_length check (length(user_agent) <= 1000)
);
create unique index session_attendance_one_open on public.session_attendance (registration_id)
  where check_out_time is null;
create index session_attendance_by_registration on public.session_attendance (registration_id, check_in_time);
create index session_attendance_by_user on public.session_attendance (user_id, check_in_time desc, id);
create index session_attendance_by_event on public.session_attendance (event_id, check_in_time);
create index session_attendance_by_session on public.session_attendance (session_id);

alter table public.event_sessions enable row level security;
alter table public.event_sessions force row level security;
alter table public.session_attendance enable row level security;
alter table public.session_attendance force row level security;

create policy published on public.event_sessions for select to anon
  using (exists (select 1 from public.events e where e.id = event_id));
create policy published_to_users on public.event_sessions for select to authenticated
  using (exists (select 1 from public.events e where e.id = event_id));
create policy administer on public.event_sessions for all to app_admin using (true) with check (true);
create policy serve on public.event_sessions for all to service_role using (true) with check (true);
grant select on public.event_sessions to anon, authenticated;
grant select, insert, update, delete on public.event_sessions to app_admin;
grant select, insert, update on public.event_sessions to service_role;

create policy own on public.session_attendance for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.session_attendance for select to app_admin using (true);
create policy serve on public.session_attendance for all to service_role using (true) with check (true);
grant select on public.session_attendance to authenticated, app_admin;
grant select, insert, update on public.session_attendance to service_role;

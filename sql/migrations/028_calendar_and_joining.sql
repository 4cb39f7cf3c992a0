-- A session can have a meeting of its own; else the course's meeting is joined. The address is for the service alone: it
-- redirects whoever has a seat, so the public roles get the other columns by name.
alter table public.event_sessions add column meeting_url text;
alter table public.event_sessions add constraint event_sessions_meeting_url_safe
  check (meeting_url ~ '^https://') not valid;
alter table public.event_sessions validate constraint event_sessions_meeting_url_safe;
revoke select on public.event_sessions from anon, authenticated;
grant select (id, event_id, title, starts_at, ends_at, sequence, created_at) on public.event_sessions to anon, authenticated;

-- The link of a person's calendar feed is signed with this number; the next number ends the links that were given out.
alter table public.profiles add column calendar_generation integer not null default 0;

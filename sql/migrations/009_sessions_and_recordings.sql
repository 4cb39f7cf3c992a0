-- Sessions that move, the minutes that count, recordings that arrive in parts, feedback given by whom it is from.

-- How often a session was moved or renamed: the SEQUENCE of its calendar entries (RFC 5545, 3.8.7.4).
alter table public.event_sessions add column sequence integer not null default 0;

create function private.count_session_change() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  if (new.title, new.starts_at, new.ends_at) is distinct from (old.title, old.starts_at, old.ends_at) then
    new.sequence := old.sequence + 1;
  end if;
  return new;
end
$$;
revoke execute on function private.count_session_change() from public;
create trigger event_sessions_count_change before update on public.event_sessions
  for each row execute function private.count_session_change();

-- The whole minutes that count for a registration, as known at an instant: its stays as far as they lie within their
-- sessions, merged where they overlap. A stay that is still open lasts until then. The one definition for
-- certificates and reports.
create function private.attended_minutes(registration uuid, at timestamptz) returns integer
language sql stable security invoker set search_path = ''
as $$
  select coalesce(floor(sum(extract(epoch from upper(stay) - lower(stay))) / 60), 0)::integer
  from (
    select unnest(range_agg(tstzrange(began, ended))) as stay
    from (
      select greatest(a.check_in_time, s.starts_at) as began,
        least(coalesce(a.check_out_time, s.ends_at), s.ends_at, at) as ended
      from public.session_attendance a
      join public.event_sessions s on s.id = a.session_id
      where a.registration_id = registration
    ) clipped
    where began < ended
  ) merged
$$;
revoke execute on function private.attended_minutes(uuid, timestamptz) from public;
grant execute on function private.attended_minutes(uuid, timestamptz) to authenticated, app_admin, service_role;

-- upload_id is the multipart upload that has not arrived as a whole yet; file_size_bytes is what was announced.
alter table public.session_recordings
  add column content_type text not null default 'video/mp4',
  add column file_size_bytes bigint,
  add column upload_id text,
  add constraint session_recordings_bytes_positive check (file_size_bytes > 0),
  add constraint session_recordings_title_length check (length(title) <= 200),
  add constraint session_recordings_arrived check (processing_status in ('uploading', 'failed') or upload_id is null);

-- Whoever has a paid or free seat may say once what they think; when, is for the function to decide.
create policy give on public.event_feedback for insert to authenticated with check (
  user_id = (select private.uid()) and exists (
    select 1 from public.registrations r
    where r.id = registration_id and r.user_id = (select private.uid()) and r.event_id = event_feedback.event_id
      and r.status = 'confirmed' and r.payment_status in ('completed', 'free')
  )
);
grant insert (registration_id, user_id, event_id, rating, comments) on public.event_feedback to authenticated;

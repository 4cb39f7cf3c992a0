-- What delivering at scale needs beyond 004: which rows the queue was told about, and broadcasts with their progress.

-- Something an administrator told all students of a course at once; who was told how is in notifications_queue.
create table public.broadcasts (
  id uuid primary key,
  event_id uuid not null references public.events (id),
  admin_id uuid not null references public.profiles (id),
  title text not null,
  message text not null,
  channel text not null,
  types text[] not null,
  created_at timestamptz not null default now(),
  constraint broadcasts_title_length check (length(title) between 1 and 200),
  constraint broadcasts_message_length check (length(message) between 1 and 2000),
  constraint broadcasts_channel_known check (channel in ('transactional', 'marketing', 'alert')),
  constraint broadcasts_types_known check (types <@ array['email', 'sms', 'in_app'] and cardinality(types) > 0)
);
create index broadcasts_by_event on public.broadcasts (event_id, created_at desc);
create index broadcasts_by_admin on public.broadcasts (admin_id);

alter table public.broadcasts enable row level security;
alter table public.broadcasts force row level security;
create policy administer on public.broadcasts for all to app_admin using (true) with check (true);
grant select, insert on public.broadcasts to app_admin;

-- handed_off_at: when the sweep last told SQS about a due row, so that the next sweep does not tell it all again.
alter table public.notifications_queue
  add column handed_off_at timestamptz,
  add column broadcast_id uuid references public.broadcasts (id);
create index notifications_queue_by_broadcast on public.notifications_queue (broadcast_id, status)
  where broadcast_id is not null;

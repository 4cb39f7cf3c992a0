-- The catalogue shows what is on sale, the soonest first, however many courses are over.
create index events_on_sale on public.events (starts_at, id) where status in ('upcoming', 'ongoing');
create index events_by_instructor on public.events (instructor, starts_at, id);

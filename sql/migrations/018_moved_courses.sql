-- A course whose start moves far gives everybody who had a seat by then all their money back until `full_refund_until`.
alter table public.events
  add column moved_at timestamptz,
  add column full_refund_until timestamptz,
  add constraint events_moved_has_refunds check ((moved_at is null) = (full_refund_until is null)) not valid;
alter table public.events validate constraint events_moved_has_refunds;

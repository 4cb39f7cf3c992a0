-- Who holds seats without paying for them waits longer and longer; an administrator can lift that for a person.
alter table public.profiles add column hold_limits_lifted_at timestamptz;
alter table public.registrations add column expired_at timestamptz; -- when a hold lapsed

-- What a million rows, and two runs at once, need beyond 010, 011 and 014.

create index certificates_by_time on public.certificates (issued_at desc, id desc);

-- Drops the months that ended more than `keep` months ago; never younger ones than a quarter of a year.
create or replace function private.drop_analytics_months(keep integer) returns integer
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
declare
  oldest_kept date;
  month text;
  dropped integer := 0;
begin
  if keep is null or keep not between 3 and 120 then
    raise invalid_parameter_value using message = 'three to a hundred and twenty months can be kept';
  end if;
  -- One run at a time: the second would wait to drop what the first has dropped.
  lock table only public.analytics_events in share update exclusive mode;
  oldest_kept := date_trunc('month', now() at time zone 'UTC') - make_interval(months => keep);
  for month in
    select i.inhrelid::regclass::text from pg_catalog.pg_inherits i
    where i.inhparent = 'public.analytics_events'::regclass
      and i.inhrelid::regclass::text ~ '^private\.analytics_events_\d{4}_\d{2}$'
      and i.inhrelid::regclass::text < private.analytics_month_name(oldest_kept)
  loop
    execute format('drop table %s', month);
    dropped := dropped + 1;
  end loop;
  return dropped;
end
$$;

-- Adds the oldest changes to the sums; returns how many it took, 0 also while another one is at it. What it takes is one
-- range of ids: the table is nearly empty when it is analyzed, and a join planned for that takes hours over a million.
create or replace function private.fold_report_changes(most integer) returns integer
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  folded integer;
begin
  if not pg_try_advisory_xact_lock(hashtextextended('report_changes', 0)) then
    return 0;
  end if;
  with taken as (
    delete from private.report_changes
    where id <= (select max(oldest.id) from (select id from private.report_changes order by id limit most) oldest)
    returning *
  ),
  quarters as (
    insert into private.report_quarters as known
    select quarter, currency, sum(sign * users), sum(sign * registrations), sum(sign * confirmed), sum(sign * paid),
      sum(sign * free), sum(sign * cancelled), sum(sign * expired), sum(sign * payments), sum(sign * gross),
      sum(sign * fees), sum(sign * tax), sum(sign * refunds), sum(sign * refunded), sum(sign * feedback),
      sum(sign * rating), sum(sign * referrals), sum(sign * converted), sum(sign * rewarded)
    from taken group by quarter, currency
    on conflict (quarter, currency) do update set users = known.users + excluded.users,
      registrations = known.registrations + excluded.registrations, confirmed = known.confirmed + excluded.confirmed,
      paid = known.paid + excluded.paid, free = known.free + excluded.free,
      cancelled = known.cancelled + excluded.cancelled, expired = known.expired + excluded.expired,
      payments = known.payments + excluded.payments, gross = known.gross + excluded.gross,
      fees = known.fees + excluded.fees, tax = known.tax + excluded.tax, refunds = known.refunds + excluded.refunds,
      refunded = known.refunded + excluded.refunded, feedback = known.feedback + excluded.feedback,
      rating = known.rating + excluded.rating, referrals = known.referrals + excluded.referrals,
      converted = known.converted + excluded.converted, rewarded = known.rewarded + excluded.rewarded
  ),
  events as (
    insert into private.report_events as known
    select event_id, currency, sum(sign * users), sum(sign * registrations), sum(sign * confirmed), sum(sign * paid),
      sum(sign * free), sum(sign * cancelled), sum(sign * expired), sum(sign * payments), sum(sign * gross),
      sum(sign * fees), sum(sign * tax), sum(sign * refunds), sum(sign * refunded), sum(sign * feedback),
      sum(sign * rating), sum(sign * referrals), sum(sign * converted), sum(sign * rewarded)
    from taken group by event_id, currency
    on conflict (event_id, currency) do update set users = known.users + excluded.users,
      registrations = known.registrations + excluded.registrations, confirmed = known.confirmed + excluded.confirmed,
      paid = known.paid + excluded.paid, free = known.free + excluded.free,
      cancelled = known.cancelled + excluded.cancelled, expired = known.expired + excluded.expired,
      payments = known.payments + excluded.payments, gross = known.gross + excluded.gross,
      fees = known.fees + excluded.fees, tax = known.tax + excluded.tax, refunds = known.refunds + excluded.refunds,
      refunded = known.refunded + excluded.refunded, feedback = known.feedback + excluded.feedback,
      rating = known.rating + excluded.rating, referrals = known.referrals + excluded.referrals,
      converted = known.converted + excluded.converted, rewarded = known.rewarded + excluded.rewarded
  ),
  referrers as (
    insert into private.report_referrers as known
    select referrer_id, sum(sign * referrals), sum(sign * converted), sum(sign * rewarded)
    from taken where referrer_id is not null group by referrer_id
    on conflict (referrer_id) do update set referrals = known.referrals + excluded.referrals,
      converted = known.converted + excluded.converted, rewarded = known.rewarded + excluded.rewarded
  )
  select count(*) into folded from taken;
  return folded;
end
$$;

-- Adding many changes to the reports' sums at once, as a rebuild does.

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

-- A person is counted once for a course, whatever accounts they use, and a reward stays revocable as long as the payments
-- that earned it can come back in full.

-- SHA-256 of the payer's UPI address in lower case, hexadecimal; null for methods that name no payer.
alter table public.payment_attempts add column instrument_hash text;
create index payment_attempts_by_instrument on public.payment_attempts (instrument_hash) where instrument_hash is not null;
create index profiles_by_verified_phone on public.profiles (phone) where phone_verified_at is not null;

-- Whether a completed referral counts: no other one of the same person counts for the course. A person is known by the
-- address, however it is spelled, by a verified number, and by what they pay with.
create function private.counts_for_reward(referral public.referrals) returns boolean
language sql stable security invoker set search_path = ''
as $$
  select not exists (
    select
    from (
      select other.id
      from public.profiles me join public.profiles other on other.email_normalized = me.email_normalized
      where me.id = referral.referred_user_id
      union
      select other.id
      from public.profiles me join public.profiles other on other.phone = me.phone
      where me.id = referral.referred_user_id and me.phone_verified_at is not null and other.phone_verified_at is not null
      union
      select theirs.user_id
      from public.payment_transactions mine
      join public.payment_attempts paid on paid.payment_transaction_id = mine.id and paid.status = 'captured'
      join public.payment_attempts other on other.instrument_hash = paid.instrument_hash
      join public.payment_transactions theirs on theirs.id = other.payment_transaction_id
      where mine.registration_id = referral.registration_id
    ) person
    join public.referrals f on f.referred_user_id = person.id and f.event_id = referral.event_id
    where f.id <> referral.id
      and (
        f.status = 'rewarded'
        or f.status = 'completed' and (f.completed_at, f.id) < (referral.completed_at, referral.id)
      )
  )
$$;
revoke execute on function private.counts_for_reward(public.referrals) from public;
grant execute on function private.counts_for_reward(public.referrals) to service_role, app_admin;

-- Until when a refund takes back what a referral earned. `revocable_until` covers the cooling period and the start that was
-- agreed; a course that was moved meanwhile may give everything back for longer.
create function private.revocable_until(
  known timestamptz, starts_at timestamptz, full_refund_hours integer, full_refund_until timestamptz
) returns timestamptz
language sql immutable security invoker set search_path = ''
as $$
  select greatest(known, starts_at - full_refund_hours * interval '1 hour', full_refund_until)
$$;
revoke execute on function private.revocable_until(timestamptz, timestamptz, integer, timestamptz) from public;
grant execute on function private.revocable_until(timestamptz, timestamptz, integer, timestamptz)
  to authenticated, service_role, app_admin;
grant select (full_refund_until) on public.events to authenticated;

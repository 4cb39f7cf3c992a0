-- Money at its edges: held payments, disputes that limit refunds, refunds that end in another way, and orders that
-- cannot be paid any more.

-- The terms that a buyer agreed to: a course that is moved later keeps the better refund of both starts.
alter table public.registrations add column agreed_starts_at timestamptz;

-- `closed` lies between failed and success: the order cannot be paid any more, because its money went back, because
-- Razorpay does not know it, or because another order paid for its seat. A payment that still arrives is applied.
-- Checks of one order that failed are repeated later and later, so that it does not stop the checks of the others.
alter table public.payment_transactions
  add column failed_checks integer not null default 0,
  add column next_check_at timestamptz,
  -- squawk-ignore ban-drop-constraint
  drop constraint payment_transactions_status_known,
  add constraint payment_transactions_status_known
    check (status in ('initiated', 'failed', 'closed', 'success', 'refunded')) not valid;
alter table public.payment_transactions validate constraint payment_transactions_status_known;

-- `released` is an authorization that Razorpay gave back without a capture: no money moved. A fee is in the account's
-- currency, which differs from that of an international payment; null where they are the same.
alter table public.payment_attempts
  add column fee_currency text,
  add constraint payment_attempts_fee_currency_format check (fee_currency ~ '^[A-Z]{3}$') not valid,
  -- squawk-ignore ban-drop-constraint
  drop constraint payment_attempts_status_known,
  add constraint payment_attempts_status_known
    check (status in ('created', 'failed', 'authorized', 'released', 'captured', 'refunded')) not valid;
alter table public.payment_attempts validate constraint payment_attempts_fee_currency_format;
alter table public.payment_attempts validate constraint payment_attempts_status_known;

-- `closed` is a refund that will not be made, because its money went back in another way. payout_reference names a
-- payout outside of Razorpay (a bank transfer), which ends a refund that Razorpay refuses for good.
alter table public.refunds
  add column despite_dispute boolean not null default false,
  add column payout_reference text,
  add column closed_reason text,
  -- squawk-ignore ban-drop-constraint
  drop constraint refunds_status_known,
  add constraint refunds_status_known
    check (status in ('requested', 'pending', 'processed', 'failed', 'closed')) not valid,
  -- squawk-ignore ban-drop-constraint
  drop constraint refunds_sent_has_id,
  add constraint refunds_sent_has_id check (
    status in ('requested', 'failed', 'closed') or razorpay_refund_id is not null or payout_reference is not null
  ) not valid,
  add constraint refunds_closed_has_reason check ((status = 'closed') = (closed_reason is not null)) not valid,
  add constraint refunds_closed_reason_known
    check (closed_reason in ('refunded_elsewhere', 'taken_by_dispute', 'replaced')) not valid,
  add constraint refunds_payout_reference_length check (length(payout_reference) between 3 and 200) not valid;
alter table public.refunds validate constraint refunds_status_known;
alter table public.refunds validate constraint refunds_sent_has_id;
alter table public.refunds validate constraint refunds_closed_has_reason;
alter table public.refunds validate constraint refunds_closed_reason_known;
alter table public.refunds validate constraint refunds_payout_reference_length;

alter table public.reconciliation_items
  -- squawk-ignore ban-drop-constraint
  drop constraint reconciliation_items_verdict_known,
  add constraint reconciliation_items_verdict_known check (verdict in ('missing_capture', 'captured_not_confirmed',
    'amount_mismatch', 'refunded_outside', 'unknown_payment', 'unsettled', 'matched', 'unreported_dispute',
    'unexplained_adjustment', 'unreadable')) not valid,
  -- squawk-ignore ban-drop-constraint
  drop constraint reconciliation_items_comparison_known,
  add constraint reconciliation_items_comparison_known
    check (comparison in ('payment', 'refund', 'settlement_row', 'settlement', 'dispute', 'order')) not valid;
alter table public.reconciliation_items validate constraint reconciliation_items_verdict_known;
alter table public.reconciliation_items validate constraint reconciliation_items_comparison_known;

-- What became of the money of one payment, in minor units: `captured` is what came in, `committed` what was refunded or
-- will be, `returned` what was refunded, `deducted` what the payer's bank took back in disputes, `at_stake` what it may
-- still take. What can go back is captured - committed - deducted, and without a risk at_stake less.
create function private.payment_balance(
  payment text, out captured bigint, out committed bigint, out returned bigint, out deducted bigint, out at_stake bigint
)
language sql stable security invoker set search_path = ''
as $$
  select
    coalesce(
      (select a.amount from public.payment_attempts a
        where a.razorpay_payment_id = payment and a.status in ('captured', 'refunded')),
      (select t.amount from public.payment_transactions t
        where t.razorpay_payment_id = payment and t.status in ('success', 'refunded')),
      0
    ),
    f.committed, f.returned, d.deducted, d.at_stake
  from (
    select coalesce(sum(amount) filter (where status in ('requested', 'pending', 'processed')), 0)::bigint as committed,
      coalesce(sum(amount) filter (where status = 'processed'), 0)::bigint as returned
    from public.refunds where razorpay_payment_id = payment
  ) f
  cross join (
    select coalesce(sum(amount_deducted) filter (where status in ('lost', 'closed')), 0)::bigint as deducted,
      coalesce(sum(greatest(amount, amount_deducted)) filter (
        where status in ('open', 'under_review', 'action_required')
      ), 0)::bigint as at_stake
    from public.disputes where razorpay_payment_id = payment
  ) d
$$;
revoke execute on function private.payment_balance(text) from public;
grant execute on function private.payment_balance(text) to app_admin, service_role;

-- Money that Razorpay captured, whatever it bought; its fee, where that is in the payment's own currency.
create or replace function private.figures_of(fact public.payment_attempts) returns private.figures
language plpgsql stable security invoker set search_path = ''
as $$
declare
  f private.figures := private.no_figures(fact.created_at);
begin
  if fact.status not in ('captured', 'refunded') then
    return null;
  end if;
  select r.event_id into f.event_id
  from public.payment_transactions t join public.registrations r on r.id = t.registration_id
  where t.id = fact.payment_transaction_id;
  f.currency := fact.currency;
  f.payments := 1;
  f.gross := fact.amount;
  if coalesce(fact.fee_currency, fact.currency) = fact.currency then
    f.fees := coalesce(fact.fee, 0);
    f.tax := coalesce(fact.tax, 0);
  end if;
  return f;
end
$$;

-- The fee of an international payment, in its own currency.
create function private.fee_figures_of(fact public.payment_attempts) returns private.figures
language plpgsql stable security invoker set search_path = ''
as $$
declare
  f private.figures;
begin
  if fact.status not in ('captured', 'refunded') or coalesce(fact.fee_currency, fact.currency) = fact.currency then
    return null;
  end if;
  f := private.figures_of(fact);
  f.currency := fact.fee_currency;
  f.payments := 0;
  f.gross := 0;
  f.fees := coalesce(fact.fee, 0);
  f.tax := coalesce(fact.tax, 0);
  return f;
end
$$;
revoke execute on function private.fee_figures_of(public.payment_attempts) from public;
grant execute on function private.fee_figures_of(public.payment_attempts) to service_role;

create function private.count_fees_for_reports() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  before private.figures;
  after private.figures;
begin
  if tg_op <> 'INSERT' then
    before := private.fee_figures_of(old);
  end if;
  if tg_op <> 'DELETE' then
    after := private.fee_figures_of(new);
  end if;
  if before is distinct from after then
    insert into private.report_changes select before.*, -1 where not before is null;
    insert into private.report_changes select after.*, 1 where not after is null;
  end if;
  return null;
end
$$;
revoke execute on function private.count_fees_for_reports() from public;
-- Few payments have a fee in another currency, so the others do not pay for a second trigger.
create trigger payment_attempts_count_new_fees after insert on public.payment_attempts
  for each row when (new.fee_currency <> new.currency) execute function private.count_fees_for_reports();
create trigger payment_attempts_count_changed_fees
  after update of status, fee, tax, fee_currency on public.payment_attempts
  for each row when (old.fee_currency <> old.currency or new.fee_currency <> new.currency)
  execute function private.count_fees_for_reports();
create trigger payment_attempts_count_removed_fees after delete on public.payment_attempts
  for each row when (old.fee_currency <> old.currency) execute function private.count_fees_for_reports();

-- What counts for reports runs as the role that may write and read it, as in 010. A rebuild counts these fees too.
do $$
declare
  is_member constant boolean := exists (
    select from pg_catalog.pg_auth_members m
    where m.roleid = 'service_role'::regrole and m.member = current_user::regrole
      and coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
  );
  rebuild constant text := pg_get_functiondef('private.rebuild_reports()'::regprocedure);
  attempts constant text := 'select f.* from public.payment_attempts fact cross join private.figures_of(fact) f';
begin
  if position(attempts in rebuild) = 0 then
    raise exception 'private.rebuild_reports() does not read payment attempts as expected';
  end if;
  if not is_member then
    grant service_role to current_user;
  end if;
  grant create on schema private to service_role;
  execute format('alter function private.rebuild_reports() owner to %I', current_user);
  execute replace(rebuild, attempts, attempts || chr(10) || '    union all' || chr(10) || '    '
    || replace(attempts, 'figures_of', 'fee_figures_of'));
  alter function private.rebuild_reports() owner to service_role;
  execute format('grant execute on function private.rebuild_reports() to %I', current_user);
  alter function private.count_fees_for_reports() owner to service_role;
  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
end
$$;

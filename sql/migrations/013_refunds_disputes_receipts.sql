-- Refunds that administrators ask for, disputes in any order, receipts and credit notes with serials without gaps.

-- asked is the administrator's request, which its Idempotency-Key stands for; retry_of is the failed refund that
-- this one makes again, under a key of its own, because Razorpay answers a known key with what failed.
alter table public.refunds
  add column asked jsonb,
  add column retry_of uuid references public.refunds (id),
  add constraint refunds_asked_object check (jsonb_typeof(asked) = 'object');
create unique index refunds_one_retry on public.refunds (retry_of);
create index refunds_by_time on public.refunds (created_at desc, id);
create index refunds_by_status on public.refunds (status, created_at desc, id);

-- id is what pages of the list continue after. The table is small, so its rewrite is short.
-- squawk-ignore adding-field-with-default
alter table public.disputes add column id uuid not null default gen_random_uuid();
create unique index disputes_id on public.disputes (id);
create index disputes_by_payment on public.disputes (razorpay_payment_id);
create index disputes_by_time on public.disputes (created_at desc, id);

-- Who is billed, where a person wants other words on receipts than the profile's name; state is a GST state code.
alter table public.profiles
  add column billing_name text,
  add column billing_address text,
  add column billing_state text,
  add column billing_gstin text,
  add constraint profiles_billing_name_length check (length(billing_name) between 1 and 200),
  add constraint profiles_billing_address_length check (length(billing_address) between 1 and 500),
  add constraint profiles_billing_state_format check (billing_state ~ '^[0-9]{2}$'),
  add constraint profiles_billing_gstin_format check (billing_gstin ~ '^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][0-9A-Z]{3}$'),
  add constraint profiles_billing_gstin_of_state check (billing_gstin is null or left(billing_gstin, 2) = billing_state);

-- A receipt of one payment (RC), or a credit note of one refund of it (CN), as it was issued. Serials of a series and
-- financial year follow one another without gaps: each is taken under one lock from the rows that are there.
create table public.receipts (
  id uuid primary key default gen_random_uuid(),
  series text not null,
  financial_year integer not null,
  serial integer not null,
  number text not null generated always as (
    series || '/' || lpad((financial_year % 100)::text, 2, '0') || '-' || lpad(((financial_year + 1) % 100)::text, 2, '0')
      || '/' || lpad(serial::text, greatest(6, length(serial::text)), '0')
  ) stored,
  payment_transaction_id uuid not null references public.payment_transactions (id),
  refund_id uuid references public.refunds (id),
  corrects uuid references public.receipts (id),
  user_id uuid not null references public.profiles (id),
  razorpay_payment_id text not null,
  description text not null,
  supplier jsonb not null,
  buyer jsonb not null,
  place_of_supply text,
  tax_basis_points integer not null,
  amount bigint not null,
  currency text not null,
  taxable_amount bigint not null,
  cgst bigint not null,
  sgst bigint not null,
  igst bigint not null,
  paid_at timestamptz not null,
  issued_at timestamptz not null,
  constraint receipts_serial_unique unique (series, financial_year, serial),
  constraint receipts_one_per_refund unique (refund_id),
  constraint receipts_series_known check (series in ('RC', 'CN')),
  constraint receipts_credit_note_corrects check ((series = 'CN') = (refund_id is not null)
    and (series = 'CN') = (corrects is not null)),
  constraint receipts_serial_positive check (serial > 0),
  -- Rule 46 (b) of the CGST Rules.
  constraint receipts_number_length check (length(number) <= 16),
  constraint receipts_amount_positive check (amount > 0),
  constraint receipts_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint receipts_parts_sum_up check (taxable_amount + cgst + sgst + igst = amount),
  constraint receipts_tax_is_of_one_kind check (cgst = sgst and (cgst = 0 or igst = 0)),
  constraint receipts_tax_has_place check (place_of_supply is not null or cgst + igst = 0)
);
create unique index receipts_one_per_payment on public.receipts (payment_transaction_id) where refund_id is null;
create index receipts_by_payment on public.receipts (payment_transaction_id);
create index receipts_by_user on public.receipts (user_id, issued_at desc, id);
create index receipts_by_corrected on public.receipts (corrects);

create trigger receipts_never_changed before update or delete on public.receipts
  for each row execute function private.refuse_change();
create trigger receipts_never_truncated before truncate on public.receipts
  for each statement execute function private.refuse_change();

alter table public.receipts enable row level security;
alter table public.receipts force row level security;
create policy own on public.receipts for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.receipts for all to app_admin using (true) with check (true);
create policy serve on public.receipts for all to service_role using (true) with check (true);
grant select on public.receipts to authenticated;
grant select, insert on public.receipts to app_admin, service_role;

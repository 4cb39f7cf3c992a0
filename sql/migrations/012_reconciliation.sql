-- Reconciliation that goes on where it stopped, tells each finding once, and keeps what was settled.

-- What a run is for, who asked for it, how far it has come and who is at work on it. `counts` says for each verdict
-- how many comparisons ended in it; what was found or has changed is in the items. A lease is held for longer than a
-- function can run, so that one whose lease is over is not at work any more.
alter table public.reconciliation_runs
  add column kind text not null default 'requested',
  add column requested_by uuid references public.profiles (id),
  add column counts jsonb not null default '{}',
  add column lease_token uuid,
  add column lease_until timestamptz,
  add column last_error text,
  add constraint reconciliation_runs_kind_known check (kind in ('daily', 'requested', 'open_orders')),
  add constraint reconciliation_runs_counts_object check (jsonb_typeof(counts) = 'object'),
  add constraint reconciliation_runs_finished check ((status = 'running') = (finished_at is null));
create index reconciliation_runs_by_requester on public.reconciliation_runs (requested_by);
-- A day is reconciled by one run, however often it is asked for.
create unique index reconciliation_runs_one_daily on public.reconciliation_runs (window_end) where kind = 'daily';
create unique index reconciliation_runs_one_requested on public.reconciliation_runs (window_start, window_end)
  where kind = 'requested' and status = 'running';
create unique index reconciliation_runs_one_sweep on public.reconciliation_runs (kind)
  where kind = 'open_orders' and status = 'running';

-- An item is written when what a comparison finds has changed since the last time: the newest one of an entity is how
-- it stands, and a run that finds everything as it was writes none. Nothing has written items before this migration.
alter table public.reconciliation_items
  -- squawk-ignore adding-required-field
  add column comparison text not null,
  add constraint reconciliation_items_comparison_known
    check (comparison in ('payment', 'refund', 'settlement_row', 'settlement')),
  -- squawk-ignore ban-drop-constraint
  drop constraint reconciliation_items_once,
  -- squawk-ignore disallowed-unique-constraint
  add constraint reconciliation_items_once unique (run_id, comparison, razorpay_entity_id, verdict),
  alter column created_at set default clock_timestamp();
create index reconciliation_items_by_entity
  on public.reconciliation_items (razorpay_entity_id, comparison, created_at desc);
create index reconciliation_items_by_time on public.reconciliation_items (created_at desc, id desc);
create index payment_transactions_by_creation on public.payment_transactions (created_at, id);

-- One transfer to our bank, as Razorpay's API lists it; amounts in paise, settlements are always in INR.
create table public.settlements (
  razorpay_settlement_id text primary key,
  amount bigint not null,
  currency text not null default 'INR',
  fees bigint not null,
  tax bigint not null,
  status text not null,
  utr text,
  settled_at timestamptz not null,
  constraint settlements_status_known check (status in ('created', 'processed', 'failed')),
  constraint settlements_currency_format check (currency ~ '^[A-Z]{3}$')
);
create index settlements_by_time on public.settlements (settled_at desc, razorpay_settlement_id);

-- One line of what a settlement is made of: a payment, a refund, a transfer or an adjustment, ours or not.
create table public.settlement_rows (
  razorpay_settlement_id text not null,
  razorpay_entity_id text not null,
  type text not null,
  amount bigint not null,
  credit bigint not null,
  debit bigint not null,
  fee bigint not null,
  tax bigint not null,
  currency text not null,
  razorpay_payment_id text,
  razorpay_order_id text,
  razorpay_dispute_id text,
  description text,
  utr text,
  created_at timestamptz not null,
  settled_at timestamptz not null,
  constraint settlement_rows_once primary key (razorpay_settlement_id, type, razorpay_entity_id),
  constraint settlement_rows_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint settlement_rows_description_length check (length(description) <= 500)
);
create index settlement_rows_by_entity on public.settlement_rows (razorpay_entity_id);

alter table public.settlements enable row level security;
alter table public.settlements force row level security;
alter table public.settlement_rows enable row level security;
alter table public.settlement_rows force row level security;

create policy administer on public.settlements for select to app_admin using (true);
create policy serve on public.settlements for all to service_role using (true) with check (true);
grant select on public.settlements to app_admin;
grant select, insert, update on public.settlements to service_role;

create policy administer on public.settlement_rows for select to app_admin using (true);
create policy serve on public.settlement_rows for all to service_role using (true) with check (true);
grant select on public.settlement_rows to app_admin;
grant select, insert, update on public.settlement_rows to service_role;

-- Orders, payments, refunds and disputes at Razorpay, and what reconciliation found.

-- One Razorpay order for one registration. Status is a lattice: initiated < failed < success < refunded.
create table public.payment_transactions (
  id uuid primary key default gen_random_uuid(),
  registration_id uuid not null references public.registrations (id),
  user_id uuid not null references public.profiles (id),
  razorpay_order_id text not null,
  razorpay_payment_id text,
  razorpay_signature text,
  status text not null default 'initiated',
  amount bigint not null,
  currency text not null,
  review_reason text,
  paid_at timestamptz,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  constraint payment_transactions_order_unique unique (razorpay_order_id),
  constraint payment_transactions_payment_unique unique (razorpay_payment_id),
  constraint payment_transactions_status_known check (status in ('initiated', 'failed', 'success', 'refunded')),
  constraint payment_transactions_amount_positive check (amount > 0),
  constraint payment_transactions_currency_format check (currency ~ '^[A-Z]{3}$'),
  constraint payment_transactions_paid_has_payment
    check (status not in ('success', 'refunded') or (razorpay_payment_id is not null and paid_at is not null)),
  constraint payment_transactions_metadata_object check (jsonb_typeof(metadata) = 'object')
);
-- Two open orders for one registration would be two ways to pay it.
create unique index payment_transactions_one_open on public.payment_transactions (registration_id)
  where status in ('initiated', 'failed');
create index payment_transactions_by_registration on public.payment_transactions (registration_id);
create index payment_transactions_by_user on public.payment_transactions (user_id, created_at desc, id);
create index payment_transactions_by_status on public.payment_transactions (status, created_at);
create index payment_transactions_paid on public.payment_transactions (paid_at) where paid_at is not null;
create index payment_transactions_review on public.payment_transactions (created_at) where review_reason is not null;

-- One attempt to pay an order, as Razorpay's payment entity last showed it; an order can have many, one of them counts.
create table public.payment_attempts (
  razorpay_payment_id text primary key,
  payment_transaction_id uuid not null references public.payment_transactions (id),
  status text not null,
  amount bigint not null,
  currency text not null,
  method text,
  fee bigint,
  tax bigint,
  error_code text,
  error_description text,
  error_reason text,
  failed_at timestamptz,
  created_at timestamptz not null,
  constraint payment_attempts_status_known check (status in ('created', 'failed', 'authorized', 'captured', 'refunded'))
);
create index payment_attempts_by_transaction on public.payment_attempts (payment_transaction_id);

-- One sum that goes back. The refunded amount of a payment is the sum of its rows, never a stored counter.
create table public.refunds (
  id uuid primary key default gen_random_uuid(),
  payment_transaction_id uuid not null references public.payment_transactions (id),
  razorpay_payment_id text not null,
  razorpay_refund_id text,
  amount bigint not null,
  currency text not null,
  reason text not null,
  status text not null default 'requested',
  idempotency_key text not null,
  requested_by uuid references public.profiles (id),
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default now(),
  last_error text,
  created_at timestamptz not null default now(),
  processed_at timestamptz,
  constraint refunds_razorpay_refund_unique unique (razorpay_refund_id),
  constraint refunds_idempotency_key_unique unique (idempotency_key),
  constraint refunds_idempotency_key_format check (idempotency_key ~ '^[A-Za-z0-9_-]{10,}$'),
  constraint refunds_amount_positive check (amount > 0),
  constraint refunds_status_known check (status in ('requested', 'pending', 'processed', 'failed')),
  constraint refunds_reason_known check (reason in ('seat_gone', 'duplicate_payment', 'student_cancelled',
    'event_cancelled', 'admin', 'outside')),
  constraint refunds_sent_has_id check (status in ('requested', 'failed') or razorpay_refund_id is not null)
);
create index refunds_by_transaction on public.refunds (payment_transaction_id);
create index refunds_by_payment on public.refunds (razorpay_payment_id);
create index refunds_by_requester on public.refunds (requested_by);
create index refunds_due on public.refunds (next_attempt_at) where status = 'requested';

-- A payment the payer's bank is contesting; somebody must answer before respond_by.
create table public.disputes (
  razorpay_dispute_id text primary key,
  payment_transaction_id uuid references public.payment_transactions (id),
  razorpay_payment_id text not null,
  amount bigint not null,
  amount_deducted bigint not null default 0,
  currency text not null,
  phase text,
  reason_code text,
  status text not null,
  respond_by timestamptz,
  seen_at timestamptz not null,
  created_at timestamptz not null default now(),
  constraint disputes_status_known check (status in ('open', 'under_review', 'action_required', 'won', 'lost', 'closed'))
);
create index disputes_by_transaction on public.disputes (payment_transaction_id);

-- One run of reconciliation over a window of days.
create table public.reconciliation_runs (
  id uuid primary key default gen_random_uuid(),
  window_start timestamptz not null,
  window_end timestamptz not null,
  status text not null default 'running',
  cursor jsonb not null default '{}',
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  constraint reconciliation_runs_status_known check (status in ('running', 'finished', 'failed')),
  constraint reconciliation_runs_window check (window_end > window_start)
);
create index reconciliation_runs_by_start on public.reconciliation_runs (started_at desc);

-- One thing a run compared: what we had, what Razorpay had, the verdict and whether it was repaired.
create table public.reconciliation_items (
  id uuid primary key default gen_random_uuid(),
  run_id uuid not null references public.reconciliation_runs (id),
  payment_transaction_id uuid references public.payment_transactions (id),
  razorpay_entity_id text not null,
  verdict text not null,
  ours jsonb,
  theirs jsonb,
  repaired boolean not null default false,
  created_at timestamptz not null default now(),
  constraint reconciliation_items_verdict_known check (verdict in ('missing_capture', 'captured_not_confirmed',
    'amount_mismatch', 'refunded_outside', 'unknown_payment', 'unsettled', 'matched')),
  constraint reconciliation_items_once unique (run_id, razorpay_entity_id, verdict)
);
create index reconciliation_items_by_transaction on public.reconciliation_items (payment_transaction_id);

alter table public.payment_transactions enable row level security;
alter table public.payment_transactions force row level security;
alter table public.payment_attempts enable row level security;
alter table public.payment_attempts force row level security;
alter table public.refunds enable row level security;
alter table public.refunds force row level security;
alter table public.disputes enable row level security;
alter table public.disputes force row level security;
alter table public.reconciliation_runs enable row level security;
alter table public.reconciliation_runs force row level security;
alter table public.reconciliation_items enable row level security;
alter table public.reconciliation_items force row level security;

create policy own on public.payment_transactions for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.payment_transactions for all to app_admin using (true) with check (true);
create policy serve on public.payment_transactions for all to service_role using (true) with check (true);
grant select on public.payment_transactions to authenticated;
grant select, insert, update on public.payment_transactions to app_admin, service_role;

create policy administer on public.payment_attempts for all to app_admin using (true) with check (true);
create policy serve on public.payment_attempts for all to service_role using (true) with check (true);
grant select, insert, update on public.payment_attempts to app_admin, service_role;

-- exists, not in: the planner may then look one payment up as well as gather all of a person's.
create policy own on public.refunds for select to authenticated using (
  exists (
    select 1 from public.payment_transactions t
    where t.id = payment_transaction_id and t.user_id = (select private.uid())
  )
);
create policy administer on public.refunds for all to app_admin using (true) with check (true);
create policy serve on public.refunds for all to service_role using (true) with check (true);
grant select on public.refunds to authenticated;
grant select, insert, update on public.refunds to app_admin, service_role;

create policy administer on public.disputes for all to app_admin using (true) with check (true);
create policy serve on public.disputes for all to service_role using (true) with check (true);
grant select, insert, update on public.disputes to app_admin, service_role;

create policy administer on public.reconciliation_runs for all to app_admin using (true) with check (true);
create policy serve on public.reconciliation_runs for all to service_role using (true) with check (true);
grant select, insert, update on public.reconciliation_runs to app_admin, service_role;

create policy administer on public.reconciliation_items for all to app_admin using (true) with check (true);
create policy serve on public.reconciliation_items for all to service_role using (true) with check (true);
grant select, insert, update on public.reconciliation_items to app_admin, service_role;

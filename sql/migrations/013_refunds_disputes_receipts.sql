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

-- id is what pages of the list continue after.
alter table public.disputes add column id uuid not null default gen_random_uuid();
create unique index disputes_id on public.disputes (id);
create index disputes_by_payment on public.disputes (razorpay_payment_id);
create index disputes_by_time on public.disputes (created_at desc, id);

-- Credits that referrals earned pay for courses, and sessions that are moved are told.

-- What one registration took off its price with its owner's referral credit. The balance of a person is what they
-- were granted and not had revoked, minus what their rows here hold: amount - returned_amount.
create table public.referral_credit_uses (
  registration_id uuid primary key references public.registrations (id),
  user_id uuid not null references public.profiles (id),
  amount bigint not null,
  currency text not null,
  returned_amount bigint not null default 0,
  created_at timestamptz not null default now(),
  constraint referral_credit_uses_amount_positive check (amount > 0),
  constraint referral_credit_uses_returned_within check (returned_amount between 0 and amount),
  constraint referral_credit_uses_currency_format check (currency ~ '^[A-Z]{3}$')
);
create index referral_credit_uses_by_user on public.referral_credit_uses (user_id);

alter table public.referral_credit_uses enable row level security;
alter table public.referral_credit_uses force row level security;

create policy own on public.referral_credit_uses for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.referral_credit_uses for all to app_admin using (true) with check (true);
create policy serve on public.referral_credit_uses for all to service_role using (true) with check (true);
grant select on public.referral_credit_uses to authenticated, app_admin, service_role;
grant insert on public.referral_credit_uses to service_role;
grant update (returned_amount) on public.referral_credit_uses to app_admin, service_role;

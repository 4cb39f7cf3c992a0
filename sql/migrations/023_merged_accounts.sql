-- Finding people, and two accounts of one person that become one: a login that was deleted and made again.

create index profiles_by_time on public.profiles (created_at desc, id);

-- An account whose seats, payments and places another account of the same person owns now. Certificates and receipts are
-- frozen with the account that they were made out to; they belong to the person through this row.
create table public.account_merges (
  from_user_id uuid primary key references public.profiles (id),
  into_user_id uuid not null references public.profiles (id),
  merged_by uuid not null references public.profiles (id),
  merged_at timestamptz not null,
  constraint account_merges_two_accounts check (from_user_id <> into_user_id)
);
create index account_merges_by_into on public.account_merges (into_user_id);
create index account_merges_by_admin on public.account_merges (merged_by);

alter table public.account_merges enable row level security;
alter table public.account_merges force row level security;
create policy own on public.account_merges for select to authenticated using (into_user_id = (select private.uid()));
create policy administer on public.account_merges for all to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
create policy serve on public.account_merges for select to service_role using (true);
grant select on public.account_merges to authenticated, service_role;
-- An account that is merged on takes those along that were merged into it.
grant select, insert, update (into_user_id) on public.account_merges to app_admin;

-- The accounts of this transaction's user: the own and those that were merged into it.
create function private.own_ids() returns uuid[]
language sql stable security invoker set search_path = ''
as $$
  select array(
    select m.from_user_id from public.account_merges m where m.into_user_id = (select private.uid())
    union all
    select private.uid()
  )
$$;
revoke execute on function private.own_ids() from public;
grant execute on function private.own_ids() to authenticated, app_admin, service_role;

alter policy own on public.certificates using (user_id = any ((select private.own_ids())::uuid[]));
alter policy own on public.receipts using (user_id = any ((select private.own_ids())::uuid[]));

-- What a merge moves, by an administrator. Reading and nothing else was enough until now.
create policy move on public.event_feedback for update to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
create policy move on public.session_attendance for update to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
create policy move on public.in_app_notifications for update to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
create policy move on public.device_sightings for update to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
grant update (user_id) on public.payment_transactions, public.referral_credit_uses, public.event_feedback,
  public.event_waitlist, public.session_attendance, public.certificate_drafts, public.in_app_notifications,
  public.notifications_queue, public.device_sightings to app_admin;

-- A referral that moves to another referrer moves in the reports too. The function runs as the role that may write and
-- read what it counts, as in 010; a trigger is made by the function's owner.
do $$
declare
  is_member constant boolean := exists (
    select from pg_catalog.pg_auth_members m
    where m.roleid = 'service_role'::regrole and m.member = current_user::regrole
      and coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)
  );
begin
  if not is_member then
    grant service_role to current_user;
  end if;
  grant create on schema private to service_role;
  execute format('alter function private.count_for_reports() owner to %I', current_user);
  drop trigger referrals_count_for_reports on public.referrals;
  create trigger referrals_count_for_reports
    after insert or delete or update of status, referrer_id on public.referrals
    for each row execute function private.count_for_reports();
  alter function private.count_for_reports() owner to service_role;
  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
end
$$;

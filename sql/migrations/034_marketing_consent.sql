-- Marketing goes only to people who said yes (section 6 of the DPDP Act 2023): what they agreed to, when and where. The newest
-- row of a person counts; nobody who has none is asked for by what was chosen before.
create table public.marketing_consents (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  given boolean not null,
  wording_version text not null,
  source text not null,
  recorded_at timestamptz not null default clock_timestamp(),
  constraint marketing_consents_source_known check (source in ('profile', 'preferences', 'unsubscribe')),
  constraint marketing_consents_wording_length check (length(wording_version) between 1 and 40)
);
create index marketing_consents_by_user on public.marketing_consents (user_id, recorded_at desc);

alter table public.marketing_consents enable row level security;
alter table public.marketing_consents force row level security;
create policy own on public.marketing_consents for select to authenticated using (user_id = (select private.uid()));
create policy decide on public.marketing_consents for insert to authenticated
  with check (user_id = (select private.uid()));
create policy administer on public.marketing_consents for select to app_admin
  using ((select private.is_administrator()));
create policy serve on public.marketing_consents for all to service_role using (true) with check (true);
grant select, insert (user_id, given, wording_version, source) on public.marketing_consents to authenticated;
grant select on public.marketing_consents to app_admin;
grant select, insert, delete on public.marketing_consents to service_role;

create function private.agrees_to_marketing(person uuid) returns boolean
language sql stable security invoker set search_path = ''
as $$
  select coalesce(
    (
      select c.given from public.marketing_consents c
      where c.user_id = person order by c.recorded_at desc, c.id limit 1
    ),
    false
  )
$$;
revoke execute on function private.agrees_to_marketing(uuid) from public;
grant execute on function private.agrees_to_marketing(uuid) to authenticated, app_admin, service_role;

-- A person's own account: what the identity provider has verified, a number proven by a code, and every change of these.

-- An unverified address is not mailed. Until now profiles were written for confirmed sign-ups, whose address is verified.
-- A number counts from phone_verified_at on: nobody has proven the numbers that are there, so nothing is sent to them.
alter table public.profiles
  add column email_verified boolean not null default true,
  add column phone_verified_at timestamptz;

-- A code that was sent to a number, to prove that it is the person's. The code itself is in no table: it is derived from
-- the id with the secret of signed links, when it is sent and when it is compared.
create table public.phone_verifications (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  phone text not null,
  attempts integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  verified_at timestamptz,
  constraint phone_verifications_phone_format check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  constraint phone_verifications_attempts check (attempts between 0 and 5),
  constraint phone_verifications_expires_later check (expires_at > created_at)
);
create index phone_verifications_by_user on public.phone_verifications (user_id, created_at desc);
create index phone_verifications_by_phone on public.phone_verifications (phone, created_at desc);

alter table public.phone_verifications enable row level security;
alter table public.phone_verifications force row level security;
create policy serve on public.phone_verifications for all to service_role using (true) with check (true);
grant select, insert, update (attempts, verified_at), delete on public.phone_verifications to service_role;

-- One field of a profile that changed, by whom and when. An address is changed by what the identity provider says; the
-- rest by the person, or by an administrator.
create table public.profile_changes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references public.profiles (id),
  field text not null,
  old_value text,
  new_value text,
  changed_by uuid,
  changed_at timestamptz not null default now(),
  constraint profile_changes_field_known check (field in ('email', 'name', 'phone', 'language'))
);
create index profile_changes_by_user on public.profile_changes (user_id, changed_at desc);

alter table public.profile_changes enable row level security;
alter table public.profile_changes force row level security;
create policy administer on public.profile_changes for all to app_admin
  using ((select private.is_administrator())) with check ((select private.is_administrator()));
create policy serve on public.profile_changes for all to service_role using (true) with check (true);
grant select, insert on public.profile_changes to app_admin;
-- An erasure empties the values.
grant select, insert, update (old_value, new_value) on public.profile_changes to service_role;

create function private.record_profile_changes() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  insert into public.profile_changes (user_id, field, old_value, new_value, changed_by)
  select new.id, c.field, c.old_value, c.new_value, (select private.uid())
  from (values
    ('email', old.email, new.email), ('name', old.full_name, new.full_name), ('phone', old.phone, new.phone),
    ('language', old.language, new.language)
  ) c (field, old_value, new_value)
  where c.old_value is distinct from c.new_value;
  return null;
end
$$;
revoke execute on function private.record_profile_changes() from public;
create trigger profiles_record_changes after update of email, full_name, phone, language on public.profiles
  for each row when (new.erased_at is null) execute function private.record_profile_changes();

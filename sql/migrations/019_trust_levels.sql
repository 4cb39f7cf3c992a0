-- A login for each level of trust, policies that look into admins themselves, refused requests of erased accounts, and
-- locks that only those can hold who may write what they guard.

-- 000 had two logins; `app_login` could act as an administrator, also in functions that everybody may call. A function
-- has now the login of its callers: everybody, users, administrators or the platform. `app_login` stays for the code
-- that runs while this is applied, and is dropped by a migration of a later release.
do $$
declare
  missing text;
begin
  foreach missing in array array['public_login', 'user_login', 'admin_login'] loop
    if not exists (select 1 from pg_catalog.pg_roles where rolname = missing) then
      execute format('create role %I login noinherit', missing);
    end if;
    execute format('alter role %I set statement_timeout = %L', missing, '5s');
    execute format('alter role %I set lock_timeout = %L', missing, '3s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', missing, '10s');
  end loop;
  -- What a login could fill: temporary tables. Large objects belong to pg_catalog, where only a superuser revokes.
  execute format('revoke temporary on database %I from public', current_database());
end
$$;
grant anon to public_login;
grant anon, authenticated to user_login;
grant app_admin to admin_login;
grant usage on schema public to public_login, user_login, admin_login;

-- Whether this transaction's user is an administrator. Policies ask it, so a transaction that takes the role app_admin
-- without begin_request sees nothing and changes nothing.
create function private.is_administrator() returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from public.admins a where a.user_id = private.uid())
$$;
revoke execute on function private.is_administrator() from public;
grant execute on function private.is_administrator() to app_admin;

do $$
declare
  of_admins record;
begin
  for of_admins in select * from pg_catalog.pg_policies where roles = '{app_admin}' and schemaname in ('public', 'private') loop
    execute format('alter policy %I on %I.%I', of_admins.policyname, of_admins.schemaname, of_admins.tablename)
      || coalesce(' using ((select private.is_administrator()) and ' || of_admins.qual || ')', '')
      || coalesce(' with check ((select private.is_administrator()) and ' || of_admins.with_check || ')', '');
  end loop;
end
$$;

-- Locks of which one transaction at a time may hold each: a row is locked until the commit. Everybody could hold an
-- advisory lock, also a login that has become nobody, and would stop whoever waits for it.
create table private.exclusive_locks (
  name text primary key,
  constraint exclusive_locks_name_format check (name ~ '^[a-z_]{1,50}$')
);
insert into private.exclusive_locks (name) values
  ('admin_audit_logs'), ('certificates'), ('payment_reconciliation'), ('receipts'), ('report_changes'),
  ('report_visits'), ('session_reminders'), ('update_event_status');
alter table private.exclusive_locks enable row level security;
alter table private.exclusive_locks force row level security;
create policy administer on private.exclusive_locks for all to app_admin
  using ((select private.is_administrator())) with check (false);
create policy serve on private.exclusive_locks for all to service_role using (true) with check (false);
grant select, update on private.exclusive_locks to app_admin, service_role;

do $$
declare
  definition text;
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
  alter function private.is_administrator() owner to service_role;

  definition := pg_get_functiondef('private.chain_audit_row()'::regprocedure);
  execute replace(definition, 'perform pg_advisory_xact_lock(hashtextextended(''admin_audit_logs'', 0));',
    'perform from private.exclusive_locks where name = ''admin_audit_logs'' for update;');
  definition := pg_get_functiondef('private.fold_report_changes(integer)'::regprocedure);
  execute replace(definition, 'if not pg_try_advisory_xact_lock(hashtextextended(''report_changes'', 0)) then',
    'perform from private.exclusive_locks where name = ''report_changes'' for update skip locked;' || chr(10)
    || '  if not found then');
  definition := pg_get_functiondef('private.rebuild_reports()'::regprocedure);
  alter function private.rebuild_reports() owner to current_user;
  execute replace(definition, 'perform pg_advisory_xact_lock(hashtextextended(''report_changes'', 0));',
    'perform from private.exclusive_locks where name = ''report_changes'' for update;');
  alter function private.rebuild_reports() owner to service_role;
  execute format('grant execute on function private.rebuild_reports() to %I', current_user);

  revoke create on schema private from service_role;
  if not is_member then
    revoke service_role from current_user;
  end if;
  if exists (select from pg_catalog.pg_proc where pronamespace = 'private'::regnamespace and prosrc ~ 'pg_(try_)?advisory') then
    raise exception 'a function in private still takes an advisory lock';
  end if;
end
$$;

-- Makes this transaction act as a role and a person. A login can also take a role by itself: what protects is which
-- roles a login may take at all, that an administrator is one in public.admins for every policy, and that the login of
-- users can become any user but neither administrator nor the platform.
-- Raises 22023 for an unknown role or a malformed subject, 28000 for an admin who is not in public.admins, CC001 for a
-- person whose account was erased, 42501 (PostgreSQL's own) for a role the login may not take.
create or replace function public.begin_request(role text, claims jsonb default '{}') returns void
language plpgsql volatile security invoker set search_path = ''
as $$
declare
  subject text := claims ->> 'sub';
begin
  if role is null or role not in ('anon', 'authenticated', 'app_admin', 'service_role') then
    raise invalid_parameter_value using message = 'unknown request role';
  end if;
  if jsonb_typeof(claims) is distinct from 'object' then
    raise invalid_parameter_value using message = 'claims must be an object';
  end if;
  if role in ('authenticated', 'app_admin')
     and coalesce(subject, '') !~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' then
    raise invalid_parameter_value using message = 'a request needs a subject that is a uuid';
  end if;
  perform set_config('role', role, true);
  perform set_config('request.jwt.claims', claims::text, true);
  -- Nested ifs: in one, the generic plan that a connection's sixth call gets would ask every role for a right on
  -- admins and profiles.
  if role = 'app_admin' then
    if not private.is_administrator() then
      raise invalid_authorization_specification using message = 'not an administrator';
    end if;
  elsif subject is not null then
    if role in ('authenticated', 'service_role') then
      if exists (select 1 from public.profiles p where p.id = subject::uuid and p.erased_at is not null) then
        raise exception using errcode = 'CC001', message = 'this account was erased';
      end if;
    end if;
  end if;
end
$$;
revoke execute on function public.begin_request(text, jsonb) from public;
grant execute on function public.begin_request(text, jsonb)
  to public_login, user_login, admin_login, worker_login, app_login;

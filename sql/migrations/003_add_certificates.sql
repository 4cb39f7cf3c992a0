-- Certificates: frozen at issue, chained by hash, revocable and never changed.

-- convert_to is only stable because of conversions that can be redefined; UTF8 to UTF8 is none.
create function private.sha256_text(content text) returns bytea
language sql immutable security invoker set search_path = ''
as $$
  select sha256(convert_to(content, 'UTF8'))
$$;
revoke execute on function private.sha256_text(text) from public;
grant execute on function private.sha256_text(text) to app_admin, service_role;

-- What was certified about one registration. A reissue is a new row that the old one points to.
create table public.certificates (
  id uuid primary key default gen_random_uuid(),
  chain_position bigint not null,
  registration_id uuid not null references public.registrations (id),
  user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  certificate_number text not null,
  number_year integer generated always as (substring(certificate_number from '^CC-(\d{4})-')::integer) stored,
  number_serial integer generated always as (substring(certificate_number from '^CC-\d{4}-(\d+)')::integer) stored,
  verification_token text not null,
  verification_token_hash bytea not null generated always as (private.sha256_text(verification_token)) stored,
  content text not null,
  content_hash bytea not null,
  pdf_hash bytea not null,
  pdf_key text not null,
  pdf_url text not null,
  rule_version integer not null,
  eligibility jsonb not null,
  previous_hash bytea not null,
  blockchain_hash bytea not null,
  issued_at timestamptz not null,
  revoked_at timestamptz,
  revoke_reason text,
  -- Deferred: one certificate per registration means that the old one must point to the new one before it exists.
  replaced_by uuid references public.certificates (id) deferrable initially deferred,
  constraint certificates_chain_position_unique unique (chain_position),
  constraint certificates_number_unique unique (certificate_number),
  constraint certificates_serial_unique unique (number_year, number_serial),
  constraint certificates_token_unique unique (verification_token_hash),
  constraint certificates_token_length check (length(verification_token) >= 22),
  constraint certificates_revoked_has_reason check ((revoked_at is null) = (revoke_reason is null)),
  constraint certificates_replaced_is_revoked check (replaced_by is null or revoked_at is not null)
);
create unique index certificates_one_per_registration on public.certificates (registration_id)
  where replaced_by is null;
create index certificates_by_pdf on public.certificates (pdf_hash);
create index certificates_by_registration on public.certificates (registration_id);
create index certificates_by_user on public.certificates (user_id, issued_at desc, id);
create index certificates_by_event on public.certificates (event_id);
create index certificates_by_replacement on public.certificates (replaced_by);

create function private.refuse_change() returns trigger
language plpgsql security invoker set search_path = ''
as $$
begin
  raise insufficient_privilege using message = tg_table_name || ' is append-only';
end
$$;
revoke execute on function private.refuse_change() from public;

-- The one change a certificate can see is its revocation, once; replaced_by goes with it or follows it.
-- Generated columns are left out of the comparison: a before trigger sees them as null.
create function private.only_revocation() returns trigger
language plpgsql security invoker set search_path = ''
as $$
declare
  free constant text[] := array['revoked_at', 'revoke_reason', 'replaced_by', 'verification_token_hash', 'number_year',
    'number_serial'];
begin
  if old.revoked_at is not null and (new.revoked_at, new.revoke_reason) is distinct from (old.revoked_at, old.revoke_reason)
     or old.replaced_by is not null and new.replaced_by is distinct from old.replaced_by
     or to_jsonb(new) - free is distinct from to_jsonb(old) - free then
    raise insufficient_privilege using message = 'a certificate can only be revoked, once';
  end if;
  return new;
end
$$;
revoke execute on function private.only_revocation() from public;

create trigger certificates_only_revocation before update on public.certificates
  for each row execute function private.only_revocation();
create trigger certificates_never_deleted before delete on public.certificates
  for each row execute function private.refuse_change();
create trigger certificates_never_truncated before truncate on public.certificates
  for each statement execute function private.refuse_change();

alter table public.certificates enable row level security;
alter table public.certificates force row level security;
create policy own on public.certificates for select to authenticated using (user_id = (select private.uid()));
create policy administer on public.certificates for all to app_admin using (true) with check (true);
create policy serve on public.certificates for all to service_role using (true) with check (true);
grant select on public.certificates to authenticated;
grant select, insert, update (revoked_at, revoke_reason, replaced_by) on public.certificates to app_admin, service_role;

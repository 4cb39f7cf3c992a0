-- The log that certificates are in: what is being printed for it, what happened after, and what was signed about it.

-- A certificate that is being printed: its number and token are taken, nothing was issued. Deleted when it is.
create table public.certificate_drafts (
  registration_id uuid primary key references public.registrations (id),
  id uuid not null,
  user_id uuid not null references public.profiles (id),
  event_id uuid not null references public.events (id),
  number_year integer not null,
  number_serial integer not null,
  certificate_number text not null,
  verification_token text not null,
  content text not null,
  pdf_key text not null,
  rule_version integer not null,
  eligibility jsonb not null,
  issued_at timestamptz not null,
  constraint certificate_drafts_serial_unique unique (number_year, number_serial),
  constraint certificate_drafts_pdf_key_unique unique (pdf_key)
);
create index certificate_drafts_by_user on public.certificate_drafts (user_id);
create index certificate_drafts_by_event on public.certificate_drafts (event_id);

-- What the revocation columns of a certificate became, in the one chain that certificates are in.
create table public.certificate_changes (
  chain_position bigint primary key,
  certificate_id uuid not null references public.certificates (id),
  revoked_at timestamptz not null,
  revoke_reason text not null,
  replaced_by uuid,
  previous_hash bytea not null,
  blockchain_hash bytea not null,
  constraint certificate_changes_reason_length check (length(revoke_reason) between 1 and 500)
);
create index certificate_changes_by_certificate on public.certificate_changes (certificate_id, chain_position);

-- A node of the Merkle tree over the chain (RFC 6962, 2.1): the hash of a whole subtree of 2^level entries.
create table public.certificate_tree_nodes (
  level integer not null,
  position bigint not null,
  hash bytea not null,
  primary key (level, position),
  constraint certificate_tree_nodes_place check (level >= 0 and position >= 0),
  constraint certificate_tree_nodes_hash check (length(hash) = 32)
);

-- A signed statement of how the tree was at one time; the same statement is in a bucket that nobody can change.
create table public.certificate_tree_heads (
  tree_size bigint primary key,
  root_hash bytea not null,
  signed_at timestamptz not null,
  key_id text not null,
  signature bytea not null,
  object_key text not null,
  constraint certificate_tree_heads_hash check (length(root_hash) = 32)
);

create trigger certificate_changes_never_changed before update or delete on public.certificate_changes
  for each row execute function private.refuse_change();
create trigger certificate_changes_never_truncated before truncate on public.certificate_changes
  for each statement execute function private.refuse_change();
create trigger certificate_tree_nodes_never_changed before update or delete on public.certificate_tree_nodes
  for each row execute function private.refuse_change();
create trigger certificate_tree_nodes_never_truncated before truncate on public.certificate_tree_nodes
  for each statement execute function private.refuse_change();
create trigger certificate_tree_heads_never_changed before update or delete on public.certificate_tree_heads
  for each row execute function private.refuse_change();
create trigger certificate_tree_heads_never_truncated before truncate on public.certificate_tree_heads
  for each statement execute function private.refuse_change();

alter table public.certificate_drafts enable row level security;
alter table public.certificate_drafts force row level security;
alter table public.certificate_changes enable row level security;
alter table public.certificate_changes force row level security;
alter table public.certificate_tree_nodes enable row level security;
alter table public.certificate_tree_nodes force row level security;
alter table public.certificate_tree_heads enable row level security;
alter table public.certificate_tree_heads force row level security;

create policy administer on public.certificate_drafts for all to app_admin using (true) with check (true);
create policy serve on public.certificate_drafts for all to service_role using (true) with check (true);
grant select, insert, delete on public.certificate_drafts to app_admin, service_role;

create policy administer on public.certificate_changes for all to app_admin using (true) with check (true);
create policy serve on public.certificate_changes for select to service_role using (true);
grant select, insert on public.certificate_changes to app_admin;
grant select on public.certificate_changes to service_role;

create policy serve on public.certificate_tree_nodes for all to service_role using (true) with check (true);
grant select, insert on public.certificate_tree_nodes to service_role;

create policy administer on public.certificate_tree_heads for select to app_admin using (true);
create policy serve on public.certificate_tree_heads for all to service_role using (true) with check (true);
grant select on public.certificate_tree_heads to app_admin;
grant select, insert on public.certificate_tree_heads to service_role;

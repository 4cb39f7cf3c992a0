-- Administrators delete drafts; whatever was ever on sale stays.
grant delete on public.events to app_admin;
create policy only_drafts_go on public.events as restrictive for delete to app_admin using (status = 'draft');

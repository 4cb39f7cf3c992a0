"""What must hold for every table, function, policy and role, present and future, as queries over the catalog."""

# Each rule is a query for what breaks it, and a statement that breaks it.
RULES: dict[str, tuple[str, str]] = {
    "every table enables and forces row level security, partitions too": (
        """
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
          and not (c.relrowsecurity and c.relforcerowsecurity)
        """,
        """
        create table private.analytics_events_2126_01 partition of public.analytics_events
        for values from ('2126-01-01') to ('2126-02-01')
        """,
    ),
    "every foreign key leads an index": (
        """
        select format('%s.%s', k.conrelid::regclass, k.conname) from pg_constraint k
        where k.contype = 'f' and not exists (
          select from pg_index i where i.indrelid = k.conrelid and i.indisvalid
            and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) like '%IS NOT NULL)')
            and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
        """,
        "drop index public.refunds_by_transaction",
    ),
    "every function has an empty search_path": (
        """
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
          and not coalesce(p.proconfig @> array['search_path=""'], false)
        """,
        "create function private.loose() returns int language sql as 'select 1'",
    ),
    "no function is everybody's to call": (
        """
        select p.oid::regprocedure::text
        from pg_proc p cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace) and g.grantee = 0
        """,
        "create function private.open() returns int language sql set search_path = '' as 'select 1'",
    ),
    "the logins may call begin_request and nothing else": (
        """
        select format('%s may call %s', g.grantee::regrole, p.oid::regprocedure)
        from pg_proc p cross join aclexplode(p.proacl) g
        where g.grantee::regrole::text like '%_login' and p.proname <> 'begin_request'
        """,
        "grant execute on function private.uid() to user_login",
    ),
    "no request role may call begin_request and so become another one": (
        """
        select r.name from unnest(array['anon', 'authenticated', 'app_admin', 'service_role']) as r(name)
        where has_function_privilege(r.name, 'public.begin_request(text, jsonb)', 'execute')
        """,
        "grant execute on function public.begin_request(text, jsonb) to anon",
    ),
    "every view asks with its caller's rights": (
        """
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('v', 'm') and c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
          and (c.relkind = 'm' or not coalesce(c.reloptions @> array['security_invoker=true'], false))
        """,
        "create view public.everybody as select id from public.profiles",
    ),
    "every policy asks once for the person, not for each row": (
        r"""
        select format('%s.%s', tablename, policyname) from pg_policies
        where regexp_count(concat_ws(' ', qual, with_check), 'uid\(\)')
           <> regexp_count(concat_ws(' ', qual, with_check), '\( SELECT private\.uid\(\) AS uid\)')
        """,
        "create policy bare on public.refunds for update to authenticated using (requested_by = private.uid())",
    ),
    "every policy for administrators looks into admins, once": (
        r"""
        select format('%s.%s', tablename, policyname) from pg_policies
        where 'app_admin' = any(roles) and permissive = 'PERMISSIVE'
          and (cmd <> 'INSERT' and coalesce(qual, '') !~ '\( SELECT private\.is_administrator\(\)'
            or cmd in ('INSERT', 'ALL', 'UPDATE')
              and coalesce(with_check, qual, '') !~ '\( SELECT private\.is_administrator\(\)'
              and coalesce(with_check, '') <> 'false')
        """,
        "create policy administer_more on public.refunds for update to app_admin using (true)",
    ),
    "no policy has two conditions for one role and command": (
        """
        select format('%s %s %s', p.tablename, role, command)
        from pg_policies p cross join unnest(p.roles) as role
        cross join unnest(case p.cmd when 'ALL' then array['SELECT', 'INSERT', 'UPDATE', 'DELETE']
                          else array[p.cmd] end) as command
        where p.permissive = 'PERMISSIVE'
        group by p.tablename, role, command having count(*) > 1
        """,
        "create policy also on public.refunds for select to authenticated using (false)",
    ),
    "every policy names its roles": (
        "select format('%s.%s', tablename, policyname) from pg_policies where 'public' = any(roles)",
        "create policy anybody on public.refunds for select using (false)",
    ),
    "no role may truncate, reference or trigger, and none may pass its rights on": (
        """
        select format('%s %s %s', c.oid::regclass, g.grantee::regrole, g.privilege_type)
        from pg_class c cross join aclexplode(c.relacl) g
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and g.grantee <> c.relowner
          and (g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') or g.is_grantable)
        """,
        "grant truncate on public.admin_audit_logs to app_admin",
    ),
    "the logins and everybody have no right on any table, column or sequence": (
        """
        select format('%s %s', c.oid::regclass, g.grantee)
        from pg_class c
        left join pg_attribute a on a.attrelid = c.oid and a.attacl is not null
        cross join aclexplode(coalesce(a.attacl, c.relacl)) g
        where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
          and (g.grantee = 0 or g.grantee::regrole::text like '%_login')
        """,
        "grant select (email) on public.profiles to user_login",
    ),
    "the logins and request roles own nothing but the reviewed functions and are above nothing": (
        """
        select format('%s owns or may %s', r.rolname, coalesce(d.objid::text, 'everything'))
        from pg_roles r
        left join pg_shdepend d on d.refobjid = r.oid and d.refclassid = 'pg_authid'::regclass and d.deptype = 'o'
          and d.dbid = (select oid from pg_database where datname = current_database())
          and d.objid not in ('private.seats_taken(uuid)'::regprocedure,
                              'private.waitlist_position(uuid)'::regprocedure,
                              'private.received_analytics_events(uuid[])'::regprocedure,
                              'private.count_tracked(text[],integer[],bigint[],integer,bigint)'::regprocedure,
                              'private.notification_backlog()'::regprocedure,
                              'private.count_for_reports()'::regprocedure,
                              'private.rebuild_reports()'::regprocedure,
                              'private.count_fees_for_reports()'::regprocedure,
                              'private.is_administrator()'::regprocedure)
        where (r.rolname in ('anon', 'authenticated', 'app_admin', 'service_role') or r.rolname like '%_login')
          and (d.objid is not null or r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolinherit
               or r.rolreplication or r.rolcanlogin <> (r.rolname like '%login'))
        """,
        "alter table public.disputes owner to worker_login",
    ),
    "nobody but the migrations' role may create anything in our schemas": (
        """
        select format('%s %s', n.nspname, g.grantee)
        from pg_namespace n cross join aclexplode(n.nspacl) g
        where n.nspname in ('public', 'private') and g.privilege_type = 'CREATE' and g.grantee <> n.nspowner
        """,
        "grant create on schema private to service_role",
    ),
}

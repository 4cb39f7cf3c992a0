"""What the database says of itself, as sorted text that is the same on every version of PostgreSQL."""

import psycopg
from psycopg.rows import scalar_row

# One line for each thing in our schemas; what differs by version for no reason of ours is left out: the owner's own
# rights (17 adds MAINTAIN), not-null constraints (named since 18) and a creator's membership in what it made (16).
QUERIES = (
    """
    select format('%s %s.%s rls=%s force=%s', c.relkind, n.nspname, c.relname, c.relrowsecurity,
                  c.relforcerowsecurity)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
    """,
    """
    select format('column %s.%s %s notnull=%s generated=%s default=%s', a.attrelid::regclass, a.attname,
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attgenerated,
                  pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) and c.relkind in ('r', 'p', 'v')
      and a.attnum > 0 and not a.attisdropped
    """,
    """
    select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    from pg_constraint
    where connamespace in ('public'::regnamespace, 'private'::regnamespace) and contype <> 'n'
    """,
    """
    select pg_get_indexdef(i.indexrelid) from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace)
    """,
    """
    select format('policy %s.%s %s %s for %s to %s using %s check %s', schemaname, tablename, policyname, permissive,
                  cmd, roles, qual, with_check)
    from pg_policies
    """,
    "select pg_get_triggerdef(oid) from pg_trigger where not tgisinternal",
    """
    select format('%s owner=%s', pg_get_functiondef(p.oid),
                  case when p.proowner = n.nspowner then 'the migrations'' role' else p.proowner::regrole::text end)
    from pg_proc p join pg_namespace n on n.nspname = 'private'
    where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
    """,
    """
    select format('grant %s on %s to %s grantable=%s', g.privilege_type, o.what, g.grantee::regrole, g.is_grantable)
    from (
      select relacl as acl, oid::regclass::text as what, relnamespace as space, relowner as owner from pg_class
      union all
      select a.attacl, format('%s.%s', a.attrelid::regclass, a.attname), c.relnamespace, c.relowner
      from pg_attribute a join pg_class c on c.oid = a.attrelid
      union all
      select coalesce(proacl, acldefault('f', proowner)), oid::regprocedure::text, pronamespace, proowner from pg_proc
      union all
      select nspacl, 'schema ' || nspname, oid, nspowner from pg_namespace
    ) o
    cross join aclexplode(o.acl) g
    where o.space in ('public'::regnamespace, 'private'::regnamespace) and g.grantee <> o.owner
    """,
    """
    select format('default grant %s on %s to %s', g.privilege_type, d.defaclobjtype, g.grantee::regrole)
    from pg_default_acl d cross join aclexplode(d.defaclacl) g where g.grantee <> d.defaclrole
    """,
    """
    select format('role %s super=%s inherit=%s createrole=%s createdb=%s login=%s replication=%s bypassrls=%s %s',
                  rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication,
                  rolbypassrls, s.setconfig)
    from pg_roles r left join pg_db_role_setting s on s.setrole = r.oid and s.setdatabase = 0
    where rolname !~ '^pg_' and rolname <> 'postgres'
    """,
    """
    select format('member %s of %s admin=%s', member::regrole, roleid::regrole, admin_option) from pg_auth_members
    where roleid::regrole::text !~ '^pg_' and member::regrole::text <> 'platform_owner'
    """,
)


def snapshot(conn: psycopg.Connection) -> list[str]:
    """Tables, columns, constraints, indexes, policies, triggers, functions, rights and roles of a migrated database."""
    with conn.transaction(), conn.cursor(row_factory=scalar_row) as cursor:
        cursor.execute("set local search_path = ''")
        return sorted(line for query in QUERIES for line in cursor.execute(query).fetchall())

